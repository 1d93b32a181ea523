"""Commands and options that draw a run."""
