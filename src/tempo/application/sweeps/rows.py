"""A result of a sweep, one row of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.application.sweeps.items import settings_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.batches.lines import Line
    from tempo.domain.model_identity import ModelIdentity

Row = dict[str, Any]


def row_of(payload: Mapping[str, Any], line: Line, name: str, identity: ModelIdentity) -> Row:
    """Return the row of what a prompt gave; `line` is that of a batch of it alone.

    What a clock says is not in it: the same sweep gives the same rows, whoever did them.
    """
    steps, cost = line["steps"], line["cost"]
    given = payload["name"]
    return {
        "model": name,
        "model_fingerprint": identity.fingerprint,
        "tokenizer_fingerprint": identity.tokenizer_fingerprint,
        "dtype": identity.dtype,
        "device": identity.device,
        "settings": settings_text(payload["settings"]),
        "place": payload["place"],
        "prompt_id": None if given is None else str(given),
        "prompt": payload["prompt"],
        "text": line["text"],
        "bracketed": line["bracketed"],
        "log_probability": line["log_probability"],
        "mean_log_probability": line["log_probability"] / max(steps, 1),
        "finished": line["finished"],
        "finish_reason": line["finish_reason"],
        "finished_mass": line["finished_mass"],
        "steps": steps,
        "mean_width": line["mean_width"],
        "rows_a_step": cost["token_rows"] / max(steps, 1),
        "n_best": line["n_best"],
        "samples": line.get("samples", []),
        "cost": cost,
    }
