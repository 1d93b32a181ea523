"""Llama and its relatives, decoded by few large operations instead of transformers' modules."""
