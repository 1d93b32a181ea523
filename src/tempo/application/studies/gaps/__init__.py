"""Gaps between positions, done properly: an explicit mask, and position apart from sequence."""
