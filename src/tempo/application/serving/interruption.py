"""What is made of a run that an earlier process of the service left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.serving.event_log import VERSION
from tempo.application.serving.served_run import RunState
from tempo.domain.stopping import FinishReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.serving.event_log import Document


def state_at(told: Sequence[Document]) -> RunState:
    """Return how a run ended that told this and no more; interrupted, where it did not end."""
    last = told[-1] if told else {}
    if last.get("type") == "run.error":
        return RunState.FAILED
    if last.get("type") != "run.finished":
        return RunState.INTERRUPTED
    cancelled = last.get("reason") == FinishReason.CANCELLED.value
    return RunState.CANCELLED if cancelled else RunState.FINISHED


ENDED = "the service ended while the run was under way; what it told until then is here"


def interrupted(told: Sequence[Document], message: str = ENDED) -> Document:
    """Return the last event of a run whose service ended without a word, behind those told."""
    return {
        "v": VERSION,
        "seq": len(told),
        "t_ms": None,
        "type": "run.error",
        "code": RunState.INTERRUPTED.value,
        "message": message,
        "step": sum(event["type"] == "step.appended" for event in told),
        "retryable": True,
        "request_id": told[0].get("request_id") if told else None,
    }
