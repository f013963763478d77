"""What a person decides about samples, and what new versions do to that."""
