"""Runs as rows of a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState

if TYPE_CHECKING:
    from collections.abc import Sequence


def from_row(row: Sequence[Any]) -> KeptRun:
    """Return the run of a row: name, state, asked_at, ended_at, asked, answer, parent."""
    name, state, asked_at, ended_at, asked, answer, parent = row
    return KeptRun(
        name=name,
        state=RunState(state),
        asked_at=asked_at,
        ended_at=ended_at,
        asked=json.loads(asked),
        answer=None if answer is None else json.loads(answer),
        parent=None if parent is None else json.loads(parent),
    )


def as_json(value: object) -> str | None:
    """Return plain data as it is kept; nothing for None."""
    return None if value is None else json.dumps(value, separators=(",", ":"))
