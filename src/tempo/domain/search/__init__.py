"""Tree search over texts: what a node knows, and which branch is looked at next."""
