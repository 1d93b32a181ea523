"""What a comparison is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.comparison.figures import Cell, Setting
from tempo.application.studies.comparison.methods import Tempo
from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import SEEDS

if TYPE_CHECKING:
    from tempo.application.studies.comparison.methods import Method

FORECAST_DEPTH = 4
FORECAST_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPlan:
    """Which methods are compared, and where.

    Attributes:
        methods: at least one; the first is the one that others are held against.
        counts: texts asked for, increasing.
        steps: tokens of a text at most.
        min_steps: no text ends by itself before so many tokens; `steps` makes all equally long.
        draws: texts that TEMPO's posteriors are held against at each prompt; 0 for none.
        seed: of everything that is drawn.
    """

    methods: tuple[Method, ...]
    counts: tuple[int, ...] = (1, 3, 5, 10)
    steps: int = 30
    min_steps: int = 30
    draws: int = FORECAST_DRAWS
    seed: int = 42

    def __post_init__(self) -> None:
        if not self.methods or not self.counts:
            message = (
                "there is nothing to compare; give at least one method and one number of texts"
            )
            raise InvalidValueError(message)
        object.__setattr__(self, "counts", tuple(sorted(set(self.counts))))
        if self.counts[0] < 1:
            message = f"n has {self.counts[0]}; it must be 1 text or more"
            raise InvalidValueError(message)
        if self.steps < 1:
            message = f"steps is {self.steps}; it must be 1 or more"
            raise InvalidValueError(message)
        if not 0 <= self.min_steps <= self.steps:
            message = f"min-steps is {self.min_steps}; it must be from 0 to steps, {self.steps}"
            raise InvalidValueError(message)
        if self.draws < 0:
            message = f"draws is {self.draws}; it must be 0 or more"
            raise InvalidValueError(message)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every method under every setting, in the order of the tables."""
        return tuple(
            Cell(method.name, Setting(count, self.steps))
            for count in self.counts
            for method in self.methods
        )

    @property
    def single(self) -> frozenset[str]:
        """The names of the methods that write one text, however many are asked for."""
        return frozenset(method.name for method in self.methods if method.writes_one)

    @property
    def forecasters(self) -> tuple[Tempo, ...]:
        """The methods whose posteriors are held against draws; none without draws."""
        found = tuple(method for method in self.methods if isinstance(method, Tempo))
        return found if self.draws else ()

    def seed_of(self, prompt: int) -> int:
        """Return the seed of a prompt, by its number; all methods and counts share it."""
        state = np.random.SeedSequence([self.seed % SEEDS, prompt]).generate_state(1)
        return int(state[0])
