"""The events of a run, as the log has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.events import (
    CandidatesPruned,
    RunFinished,
    RunStarted,
    StepAppended,
    TextSettled,
)
from tempo.infrastructure.logging import events

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger

    from tempo.domain.events import Event


class EventLog:
    """Logs a run: its beginning and its end, and below that each step; texts only there."""

    def __init__(self, prompt: str) -> None:
        """Begin with what was asked."""
        self._log: BoundLogger = events()
        self._steps = 0
        self._log.debug("prompt.read", prompt=prompt)

    def tell(self, event: Event) -> None:
        """Log an event."""
        match event:
            case RunStarted():
                self._log.info(
                    "run.started", prompt_tokens=len(event.prompt_ids), max_steps=event.max_steps
                )
            case StepAppended():
                self._steps += 1
                self._append(event)
            case CandidatesPruned():
                self._log.debug(
                    "candidates.pruned",
                    decisions=len(event.decisions),
                    cache_rows=event.cache_rows,
                )
            case TextSettled():
                self._log.debug("text.settled", text=event.text)
            case RunFinished():
                self._log.info("run.finished", reason=event.reason.value, steps=self._steps)

    def _append(self, event: StepAppended) -> None:
        step = event.step
        self._log.debug(
            "step.appended",
            step=step.step,
            width=step.width,
            threshold=round(float(step.threshold), 6),
            kept_mass=round(float(step.kept_mass), 6),
            cache_rows=event.cache_rows,
            released=event.released,
            dropped=len(event.dropped),
        )
