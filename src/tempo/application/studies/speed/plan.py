"""What a speed study is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.domain.errors import InvalidValueError
from tempo.domain.selection import LARGEST_WIDTH

LARGEST = {
    "widths": LARGEST_WIDTH, "batches": 1_024, "contexts": 1_048_576, "rounds": 1_000,
    "steps": 4_096,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedPlan:
    """What is timed, and how often.

    Attributes:
        widths: candidates a step, increasing.
        contexts: prompt tokens before the first step, increasing.
        batches: prompts at once, each at `batch_width` and the shortest context; empty for none.
        batch_width: candidates a step of prompts at once.
        rounds: how often each method is timed; one more round before them warms up.
        steps: how many steps one timing takes.
        seed: draws the prompts' tokens.
    """

    widths: tuple[int, ...] = (1, 2, 4, 8, 16)
    contexts: tuple[int, ...] = (128, 512, 2_048, 8_192)
    batches: tuple[int, ...] = (1, 8, 32)
    batch_width: int = 4
    rounds: int = 7
    steps: int = 16
    seed: int = 42

    def __post_init__(self) -> None:
        for name in ("widths", "contexts", "batches"):
            given: tuple[int, ...] = getattr(self, name)
            if not given and name != "batches":
                message = f"the study has no {name}; give at least one"
                raise InvalidValueError(message)
            for number in given:
                _require(name, number)
            object.__setattr__(self, name, tuple(sorted(set(given))))
        _require("widths", self.batch_width)
        _require("rounds", self.rounds)
        _require("steps", self.steps)

    @property
    def decoded(self) -> int:
        """How many steps each method decodes in all."""
        return (self.rounds + 1) * self.steps

    @property
    def longest(self) -> int:
        """How many positions the longest run takes."""
        return self.contexts[-1] + self.decoded + 1


def _require(name: str, number: int) -> None:
    if not 1 <= number <= LARGEST[name]:
        message = f"{name} has {number}; it must be from 1 to {LARGEST[name]:,}"
        raise InvalidValueError(message)
