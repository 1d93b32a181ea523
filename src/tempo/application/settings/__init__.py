"""What users may say, and what it means: one set of names for every interface."""
