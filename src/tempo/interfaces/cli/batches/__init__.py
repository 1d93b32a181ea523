"""Many prompts, or many thresholds, in one call of `tempo generate`."""
