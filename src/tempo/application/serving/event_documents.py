"""A run's events as its listeners get them: plain data, complete, and none twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import singledispatchmethod
from time import monotonic
from typing import TYPE_CHECKING

from tempo.application.serving.step_documents import (
    decision_document,
    judged_document,
    spelled,
    step_document,
)
from tempo.application.serving.told_path import ToldPath
from tempo.domain.events import (
    CandidatesPruned,
    RunStarted,
    StepAppended,
    TextSettled,
)
from tempo.domain.stopping import FinishReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.serving.event_log import Document
    from tempo.domain.events import Event
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.pruning.decision import PruningDecision

STATS_EVERY = 0.5
"""Seconds between two events of figures, at least."""

REASONS = {
    FinishReason.END_OF_TEXT: "eos",
    FinishReason.STOP_STRING: "stop",
}
"""Reasons that go by another name in events."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first event says of a run.

    Attributes:
        run_id: its name.
        model: id, fingerprint, dtype and device.
        settings: what it runs under.
        prompt: the text, None where it was given as tokens.
        parent: the run, step and token that it goes on from.
        request_id: the request that asked for it.
    """

    run_id: str
    model: Document
    settings: Document
    prompt: str | None
    parent: Document | None = None
    request_id: str = ""


class Figures:
    """What adds up while a run goes on."""

    def __init__(self, began: float) -> None:
        """Start at nothing."""
        self.began = began
        self.told = 0.0
        self.prompt = 0
        self.steps = 0
        self.tokens = 0
        self.leading: dict[int, int] = {}
        self.ranked: dict[int, list[int]] = {}


class Telling:
    """Turns the events of one run into documents, in their order."""

    def __init__(
        self,
        opening: Opening,
        tokenizer: Tokenizer,
        resident: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Begin with nothing told; `resident` gives bytes of memory held, `clock` seconds.

        Of a fork, what it went on from is filled in before its first event.
        """
        self.opening = opening
        self._tokenizer = tokenizer
        self._resident = resident
        self._clock = clock
        self._figures = Figures(clock())
        self._path = ToldPath()
        self.continued_from: str | None = None
        self.reused_rows = 0

    def of(self, event: Event) -> tuple[Document, ...]:
        """Return an event as documents."""
        return self._documents(event)

    @singledispatchmethod
    def _documents(self, event: object) -> tuple[Document, ...]:
        del event  # the end of a run is told when its answer is known
        return ()

    @_documents.register(RunStarted)
    def _(self, event: RunStarted) -> tuple[Document, ...]:
        opening = self.opening
        # Figures of the first milliseconds would say nothing of the run.
        self._figures.began = self._figures.told = self._clock()
        self._figures.prompt = len(event.prompt_ids)
        tokens = [
            {"id": token, **spelled(self._tokenizer.content(token))} for token in event.prompt_ids
        ]
        return (
            {
                "type": "run.started",
                "run_id": opening.run_id,
                "parent": opening.parent,
                "continued_from": self.continued_from,
                "reused_rows": self.reused_rows,
                "model": opening.model,
                "settings": opening.settings,
                "seed": opening.settings.get("seed"),
                "prompt": {"text": opening.prompt, "tokens": tokens},
                "limits": {"max_steps": event.max_steps},
                "request_id": opening.request_id,
            },
        )

    @_documents.register(StepAppended)
    def _(self, event: StepAppended) -> tuple[Document, ...]:
        step, figures = event.step, self._figures
        figures.steps += 1
        figures.tokens += step.width
        appended = step_document(step)
        figures.leading[step.step] = appended["primary"]
        figures.ranked[step.step] = [one["id"] for one in appended["candidates"]]
        appended = {
            "type": "step.appended",
            **appended,
            "pos": figures.prompt + step.step,
            "cache_rows": event.cache_rows,
            "released": event.released,
            "dropped": [decision_document(one) for one in event.dropped],
            "chain_changes": self._path.follow((step,), event.best),
        }
        return (appended, *_judged(event), *self._stats(event.cache_rows))

    @_documents.register(CandidatesPruned)
    def _(self, event: CandidatesPruned) -> tuple[Document, ...]:
        steps, changes = [step_document(step) for step in event.steps], []
        for step in steps:
            number, leader = step["step"], step["primary"]
            self._figures.ranked[number] = [one["id"] for one in step["candidates"]]
            if self._figures.leading.get(number) != leader:
                self._figures.leading[number] = leader
                changes.append({"step": number, "to": leader})
        decisions = event.decisions
        return (
            {
                "type": "candidates.pruned",
                "at_step": max((one.decided_at for one in decisions), default=None),
                "reason": ", ".join(sorted({one.rule for one in decisions})),
                "items": [
                    {"index": self._place(one), **decision_document(one)} for one in decisions
                ],
                "primary_changes": changes,
                "chain_changes": self._path.follow(event.steps, event.best, event.removed),
                "steps": steps,
                "removed": list(event.removed),
                "lost": event.lost,
                "cache_rows": event.cache_rows,
            },
        )

    @_documents.register(TextSettled)
    def _(self, event: TextSettled) -> tuple[Document, ...]:
        return ({"type": "text.settled", "text": event.text, "steps": event.steps},)

    def _place(self, decision: PruningDecision) -> int:
        """Return where a judged candidate stands among those of its step, as last told."""
        return self._figures.ranked[decision.step].index(decision.token_id)

    def _stats(self, cache_rows: int) -> tuple[Document, ...]:
        now, figures = self._clock(), self._figures
        if now - figures.told < STATS_EVERY:
            return ()
        figures.told = now
        seconds = max(now - figures.began, 1e-9)
        return (
            {
                "type": "run.stats",
                "steps": figures.steps,
                "tok_s": round(figures.tokens / seconds, 1),
                "kv_tokens": cache_rows,
                "rss_mb": round(self._resident() / 1e6, 1),
            },
        )

    def finished(self, reason: FinishReason, text: str) -> Document:
        """Return the last event of a run that has an answer."""
        return {
            "type": "run.finished",
            "reason": REASONS.get(reason, reason.value),
            "steps": self._figures.steps,
            "wall_ms": round(1000.0 * (self._clock() - self._figures.began), 1),
            "text": text,
            "digest": "sha256:" + hashlib.sha256(text.encode()).hexdigest(),
        }

    def failed(self, code: str, message: str) -> Document:
        """Return the last event of a run that has none."""
        return {
            "type": "run.error",
            "code": code,
            "message": message,
            "step": self._figures.steps,
            "retryable": code in RETRYABLE,
            "request_id": self.opening.request_id,
        }


def _judged(event: StepAppended) -> tuple[Document, ...]:
    """Return what was held against the rule of retroactive pruning after a step, if anything."""
    if not event.judged:
        return ()
    scores = [judged_document(one) for one in event.judged]
    return ({"type": "candidates.judged", "at_step": event.step.step, "scores": scores},)


RETRYABLE = frozenset({"timeout", "memory_exceeded", "interrupted"})
"""Errors that another try may not meet."""
