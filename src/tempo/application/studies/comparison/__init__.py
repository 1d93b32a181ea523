"""Decoding methods side by side: what their texts are worth, and what they cost."""
