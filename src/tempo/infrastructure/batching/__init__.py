"""Several runs that share the passes of one model."""
