"""Models, prompts and settings, each with each: what is asked, and how it is gone through."""
