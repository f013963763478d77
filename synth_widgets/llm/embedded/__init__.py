"""The embedded model: a small one that runs on this machine, without a key."""
