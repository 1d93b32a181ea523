"""The words by which a model is chosen: known before any framework is loaded."""

from __future__ import annotations

EMBEDDED = "embedded"
"""The name of the model that ships with the package."""

DEVICES = ("auto", "cuda", "mps", "cpu")
DTYPES = ("auto", "float32", "bfloat16", "float16", "int8")
"""Types of the weights; int8 are whole numbers with a scale for each output."""

BACKENDS = ("auto", "fused", "transformers")
"""Whose operations run a model: our own of fewer and larger ones, or transformers' modules."""

FAMILIES = (
    "llama",
    "mistral",
    "mixtral",
    "qwen2",
    "qwen3",
    "gemma",
    "gemma2",
    "gemma3",
    "phi3",
    "gpt_neox",
    "olmo2",
    "granite",
    "smollm3",
)
"""Families of which a small model can be drawn."""
