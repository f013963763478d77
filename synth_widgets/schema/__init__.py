"""JSON Schema: read, checked, answered in words, and in the forms that endpoints take."""
