"""Experiments with controls: what is measured against what, and what came out."""
