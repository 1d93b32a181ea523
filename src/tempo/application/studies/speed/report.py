"""What a speed study found."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.speed.methods import Timing
    from tempo.application.studies.speed.plan import SpeedPlan

GREEDY = "transformers, greedy"
"""What every other method is held against."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a step has to read at least, and how fast this machine reads.

    Attributes:
        weight_bytes: of all weights that a token goes through.
        row_bytes: of one token's keys and values in all layers.
        bandwidth: bytes a second, of reading a block far larger than a cache.
        peak_bytes: the most that the process, or the device, held.
    """

    weight_bytes: int
    row_bytes: int
    bandwidth: float
    peak_bytes: int

    def floor(self, rows: int) -> float:
        """Return milliseconds that reading the weights and so many rows of cache takes."""
        return 1000.0 * (self.weight_bytes + rows * self.row_bytes) / self.bandwidth


@dataclass(frozen=True, slots=True)
class MethodFigures:
    """One method at one context, over all rounds.

    Attributes:
        context: prompt tokens.
        method: its name.
        timings: one a round.
    """

    context: int
    method: str
    timings: tuple[Timing, ...]

    @property
    def median(self) -> float:
        """Milliseconds a step."""
        return median(one.total for one in self.timings)

    @property
    def least(self) -> float:
        """The fastest round's."""
        return min(one.total for one in self.timings)

    @property
    def most(self) -> float:
        """The slowest round's."""
        return max(one.total for one in self.timings)

    def part(self, name: str) -> float:
        """Return the median of one of a timing's parts."""
        return median(float(getattr(one, name)) for one in self.timings)


@dataclass(frozen=True, slots=True)
class SpeedReport:
    """All figures.

    Attributes:
        plan: what was asked for.
        figures: by context and method, in the order of measuring.
        failed: methods that did not run, and why.
        batches: by number of prompts at once, steps a second of all together, one a round.
        same_tokens: whether width 1 chose the tokens that greedy chose; None if not compared.
        memory: what a step has to read at least.
    """

    plan: SpeedPlan
    figures: tuple[MethodFigures, ...]
    failed: Mapping[str, str]
    batches: Mapping[int, tuple[float, ...]]
    same_tokens: bool | None
    memory: Memory

    def of(self, context: int, method: str) -> MethodFigures | None:
        """Return a method's figures at a context, None if it was not measured there."""
        found = (one for one in self.figures if (one.context, one.method) == (context, method))
        return next(found, None)

    def of_greedy(self, one: MethodFigures) -> float | None:
        """Return how a method's median stands to greedy's at the same context."""
        greedy = self.of(one.context, GREEDY)
        return None if greedy is None else one.median / greedy.median

    def floor(self, one: MethodFigures) -> float:
        """Return the milliseconds that a method's reads take at least, at its context."""
        return self.memory.floor(one.context)

    def steps_a_second(self, batch: int) -> float:
        """Return the median of so many prompts at once."""
        return median(self.batches[batch])
