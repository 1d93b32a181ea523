"""Runs that are kept: checked, repeated, gone on from."""
