"""Task sets whose answers are known because the project writes them itself."""
