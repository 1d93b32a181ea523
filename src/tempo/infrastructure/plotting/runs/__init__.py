"""Pictures of a run that was kept."""
