"""Arrays of one run, kept in files: what its layers held, who attended to whom, what was said."""
