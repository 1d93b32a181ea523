"""The studies of the project, and what all of them have in common on the command line."""
