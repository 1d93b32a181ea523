"""Decoders that TEMPO is compared with, and TEMPO as one of them, over one counted model."""
