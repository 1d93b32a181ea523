"""Tree search over one shared cache."""
