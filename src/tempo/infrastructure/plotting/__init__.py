"""Pictures of lattices, studies and thresholds (matplotlib is an optional dependency)."""
