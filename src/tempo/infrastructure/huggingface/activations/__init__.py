"""Looking at, and changing, what a transformers model's layers hold while rows go through it."""
