"""How uncertain a lattice and its best texts are, in numbers that papers use."""
