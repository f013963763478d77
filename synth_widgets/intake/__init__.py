"""What a person hands in: their own rows, and frames that were edited with pandas."""
