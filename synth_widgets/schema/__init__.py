"""JSON Schema: read, checked, answered in words, and as requests carry it."""
