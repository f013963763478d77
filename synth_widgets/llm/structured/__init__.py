"""How JSON is asked of a model, and read out of its answer."""
