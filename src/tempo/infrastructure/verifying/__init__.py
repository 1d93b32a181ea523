"""Verifiers that run somebody else's code."""
