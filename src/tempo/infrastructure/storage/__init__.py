"""Lattices as documents and files."""
