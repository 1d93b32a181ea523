"""What a run costs."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

REPORTED = {"forward": "model", "extraction": "model", "selection": "engine"}
"""Phases whose time a run's cost reports under another name; the others have their own."""


class PhaseObserver(Protocol):
    """Is told of the phases of a run as they begin and end."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Return a context around a block of a phase, which may stand inside another."""
        ...


class Unobserved:
    """Is told and does nothing."""

    def phase(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002 - as its protocol
        """Return a context that does nothing."""
        return nullcontext()


@dataclass(frozen=True, slots=True)
class Cost:
    """The price of a run.

    Attributes:
        passes: forward passes of the model, the prompt's among them.
        token_rows: tokens that went through the model, the prompt's among them.
        cache_rows: physical tokens in the cache at the end, the prompt's among them.
        peak_cache_rows: the most that were there at once.
        released_rows: rows that left the cache before the end.
        milliseconds: wall time by phase: `prefill`, `model` (passes and readings), `pruning` (where
            earlier steps are judged), `engine` (all the rest).
    """

    passes: int = 0
    token_rows: int = 0
    cache_rows: int = 0
    peak_cache_rows: int = 0
    released_rows: int = 0
    milliseconds: dict[str, float] = field(default_factory=dict)

    @property
    def total_milliseconds(self) -> float:
        """Wall time of all phases."""
        return sum(self.milliseconds.values())


class Phase:
    """Adds up the time of its blocks; entered and left several times a step, so kept lean.

    While a phase inside it goes on, its own time stands still.
    """

    __slots__ = ("_meter", "_outer", "seconds", "start")

    def __init__(self, meter: CostMeter) -> None:
        """Start at nothing."""
        self._meter = meter
        self._outer: Phase | None = None
        self.seconds = 0.0
        self.start = 0.0

    def __enter__(self) -> None:
        meter, self.start = self._meter, self._meter.clock()
        self._outer, meter.current = meter.current, self
        if self._outer is not None:
            self._outer.seconds += self.start - self._outer.start

    def __exit__(self, *_: object) -> None:
        now = self._meter.clock()
        self.seconds += now - self.start
        self._meter.current = self._outer
        if self._outer is not None:
            self._outer.start = now


class CostMeter:
    """Adds up what a run costs."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        """Start at nothing; `clock` gives seconds."""
        self.clock = clock
        self.current: Phase | None = None
        self._phases: dict[str, Phase] = {}
        self._observer: PhaseObserver | None = None
        self.passes = 0
        self.token_rows = 0
        self.peak_cache_rows = 0
        self.released_rows = 0

    def observed_by(self, observer: PhaseObserver) -> None:
        """Tell an observer of every phase from now on."""
        self._observer = observer

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Return a context that adds the time of its block to a phase, and to no other.

        A phase does not stand inside itself.
        """
        if name not in self._phases:
            self._phases[name] = Phase(self)
        if self._observer is None:
            return self._phases[name]
        return _both(self._observer.phase(name), self._phases[name])

    def fed(self, tokens: int, cache_rows: int) -> None:
        """Count one pass over some tokens."""
        self.passes += 1
        self.token_rows += tokens
        self.peak_cache_rows = max(self.peak_cache_rows, cache_rows)

    def total(self, cache_rows: int) -> Cost:
        """Return the sums."""
        milliseconds: dict[str, float] = {}
        for name, phase in self._phases.items():
            reported = REPORTED.get(name, name)
            milliseconds[reported] = milliseconds.get(reported, 0.0) + 1000.0 * phase.seconds
        return Cost(
            passes=self.passes,
            token_rows=self.token_rows,
            cache_rows=cache_rows,
            peak_cache_rows=self.peak_cache_rows,
            released_rows=self.released_rows,
            milliseconds=milliseconds,
        )


@contextmanager
def _both(
    outer: AbstractContextManager[None], inner: AbstractContextManager[None]
) -> Iterator[None]:
    with outer, inner:
        yield
