"""Why a candidate leaves the lattice."""
