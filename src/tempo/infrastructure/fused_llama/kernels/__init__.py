"""Triton kernels. Import them only where a GPU is: CPU installations have no Triton."""
