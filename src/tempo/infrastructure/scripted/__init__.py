"""A model whose answers are written down: for tests, documentation and examples."""
