"""A run's events as its listeners get them: plain data, complete, and none twice."""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass
from functools import singledispatchmethod
from time import monotonic
from typing import TYPE_CHECKING, Any

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
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import Candidate

DIGITS = 6
"""Decimals of a probability in an event."""

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
        opening, self._figures.began = self.opening, self._clock()
        self._figures.prompt = len(event.prompt_ids)
        tokens = [
            {"id": token, **_spelled(self._tokenizer.content(token))} for token in event.prompt_ids
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
        figures.leading[step.step] = _leader(step)
        figures.ranked[step.step] = _ids(step)
        appended = {
            "type": "step.appended",
            **_step(step),
            "pos": figures.prompt + step.step,
            "cache_rows": event.cache_rows,
            "released": event.released,
            "dropped": [_decision(one) for one in event.dropped],
        }
        return (appended, *self._stats(event.cache_rows))

    @_documents.register(CandidatesPruned)
    def _(self, event: CandidatesPruned) -> tuple[Document, ...]:
        changes = []
        for step in event.steps:
            leader = _leader(step)
            self._figures.ranked[step.step] = _ids(step)
            if self._figures.leading.get(step.step) != leader:
                self._figures.leading[step.step] = leader
                changes.append({"step": step.step, "to": leader})
        decisions = event.decisions
        return (
            {
                "type": "candidates.pruned",
                "at_step": max((one.decided_at for one in decisions), default=None),
                "reason": ", ".join(sorted({one.rule for one in decisions})),
                "items": [{"index": self._place(one), **_decision(one)} for one in decisions],
                "primary_changes": changes,
                "steps": [_step(step) for step in event.steps],
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


RETRYABLE = frozenset({"timeout", "memory_exceeded", "interrupted"})
"""Errors that another try may not meet."""


def _leader(step: LatticeStep) -> int:
    """Return where the member with the best path stands among the step's candidates."""
    best = max(step.token_set.members, key=lambda one: one.score)
    return step.candidates.index(best)


def _ids(step: LatticeStep) -> list[int]:
    return [one.token_id for one in step.candidates]


def _step(step: LatticeStep) -> Document:
    return {
        "step": step.step,
        "entropy": round(step.entropy, DIGITS),
        "primary": _leader(step),
        "threshold": step.threshold,
        "covered": round(min(1.0, sum(one.probability for one in step.candidates)), DIGITS),
        "kept_mass": round(step.kept_mass, DIGITS),
        "candidates": [_candidate(one) for one in step.candidates],
    }


def _candidate(candidate: Candidate) -> Document:
    return {
        "id": candidate.token_id,
        **_spelled(candidate.content),
        "p": round(candidate.probability, DIGITS),
        "rank": candidate.rank,
        "phys": candidate.slot,
        "parent": candidate.parent,
        "score": candidate.score if math.isfinite(candidate.score) else None,
        "state": candidate.state.value,
        "reason": candidate.reason,
    }


def _decision(decision: PruningDecision) -> Document:
    return {
        "step": decision.step,
        "token_id": decision.token_id,
        "rule": decision.rule,
        "effect": decision.effect.value,
        "score": decision.score,
        "threshold": decision.threshold,
        "mass": decision.mass,
    }


def _spelled(content: bytes) -> dict[str, Any]:
    """Return a token's text, and its bytes where they are no UTF-8 by themselves."""
    try:
        return {"text": content.decode(), "bytes": None}
    except UnicodeDecodeError:
        shown = content.decode(errors="replace")
        return {"text": shown, "bytes": base64.b64encode(content).decode()}
