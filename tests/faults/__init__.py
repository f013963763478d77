"""Runs over an endpoint that misbehaves."""
