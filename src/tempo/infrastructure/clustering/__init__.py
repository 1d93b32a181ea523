"""Grouping rows by what the model made of them."""
