"""What compares and cleans texts."""
