"""Ways out: one format family a file."""
