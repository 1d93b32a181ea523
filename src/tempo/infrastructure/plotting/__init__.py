"""Pictures of lattices (matplotlib, an optional dependency)."""
