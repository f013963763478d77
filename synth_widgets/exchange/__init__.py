"""What comes in and what goes out: own rows, frames, files, the clipboard."""
