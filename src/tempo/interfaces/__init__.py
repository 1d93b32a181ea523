"""Thin ways in: Python, the command line, transformers' own `generate`."""
