"""Why a run ended, as documents say it."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "end_of_text",
    "stop_string",
    "max_steps",
    "context",
    "max_cache_tokens",
    "max_memory_gb",
    "cancelled",
    "error",
]
