"""What the sessions of all adapters with a cache have in common."""
