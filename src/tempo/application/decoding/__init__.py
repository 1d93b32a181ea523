"""A prompt in, steps and a best path out: the algorithm over the ports."""
