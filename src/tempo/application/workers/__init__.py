"""Work in items that do not depend on one another, done by one worker or by many."""
