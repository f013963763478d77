"""The ways to an endpoint: its format, its connection, what its refusals mean."""
