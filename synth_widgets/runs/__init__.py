"""Generation over the state."""
