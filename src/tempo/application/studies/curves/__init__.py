"""What studies that measure each prompt at several places have in common: curves over places."""
