"""The columns of a sweep's tables, in their order."""

from __future__ import annotations

from typing import Any

from tempo.infrastructure.sweeping.installed import require_tables

COST = ("passes", "token_rows", "cache_rows", "peak_cache_rows", "released_rows")

TYPES: dict[str, str] = {
    "id": "string",
    "model": "string",
    "model_fingerprint": "string",
    "tokenizer_fingerprint": "string",
    "dtype": "string",
    "device": "string",
    "settings": "string",
    "place": "int64",
    "prompt_id": "string",
    "prompt": "string",
    "text": "string",
    "bracketed": "string",
    "log_probability": "float64",
    "mean_log_probability": "float64",
    "finished": "bool",
    "finish_reason": "string",
    "finished_mass": "float64",
    "steps": "int64",
    "mean_width": "float64",
    "rows_a_step": "float64",
}
"""Columns of one value, by what pyarrow calls their types."""

N_BEST: dict[str, str] = {
    "text": "string",
    "log_probability": "float64",
    "mean_log_probability": "float64",
    "text_log_probability": "float64",
    "share": "float64",
    "finished": "bool",
    "value": "float64",
}
"""What a text of `n_best` holds beside its tokens."""


def schema() -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the schema of all parts of a sweep.

    Raises:
        InvalidValueError: if pyarrow is not installed.
    """
    pa = require_tables()
    named = {name: pa.type_for_alias(alias) for name, alias in TYPES.items()}
    texts = [(name, pa.type_for_alias(alias)) for name, alias in N_BEST.items()]
    one_text = pa.struct([*texts, ("token_ids", pa.list_(pa.int64()))])
    return pa.schema(
        [
            *named.items(),
            ("n_best", pa.list_(one_text)),
            ("samples", pa.list_(pa.string())),
            ("cost", pa.struct([(name, pa.int64()) for name in COST])),
        ]
    )
