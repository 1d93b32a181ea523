"""Many prompts, decoded to the end one batch after another: what is asked and what is left."""
