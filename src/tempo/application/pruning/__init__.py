"""Taking candidates away before they are kept, and by what came later."""
