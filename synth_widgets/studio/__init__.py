"""The handle that a person holds, and the living data behind it: one core a file, whatever the number of handles."""
