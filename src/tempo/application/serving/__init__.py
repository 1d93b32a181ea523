"""Serving: many runs at once, within bounds, each followed, cancelled and kept by its name."""
