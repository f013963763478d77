"""Random harm, for as long as there is time: what is found goes into a test of its own beside what it is about."""
