"""What sessions take down of a pass, whoever computes it."""
