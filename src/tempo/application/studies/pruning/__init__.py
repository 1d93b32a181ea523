"""What pruning rules see and decide, against the enumeration of all paths."""
