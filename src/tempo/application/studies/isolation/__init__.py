"""Siblings that do not see each other against siblings that do."""
