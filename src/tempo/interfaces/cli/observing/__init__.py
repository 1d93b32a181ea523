"""What a command tells of itself: its events, where its time and memory went."""
