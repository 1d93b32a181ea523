"""One model over several processes: who they are, and how they stay in step."""
