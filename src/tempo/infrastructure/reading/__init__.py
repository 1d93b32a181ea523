"""From rows of logits to what the domain asked for: shared by every adapter."""
