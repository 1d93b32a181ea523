"""Work on many workers, by Ray. The only package that imports it, and only when it is asked for."""
