"""Passes on a processor, in kernels that numba compiles for it: import where numba is there."""
