"""What a sweep's workers open, the tables that its results land in, and who chooses trials."""
