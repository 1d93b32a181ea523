"""What a search is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.domain.search.likelihood import Likelihood
from tempo.domain.search.puct import Puct

if TYPE_CHECKING:
    from tempo.domain.ports.verifier import Verifier


class Rollout(StrEnum):
    """How a simulation goes on from the node that it came to.

    SAMPLED: by tokens drawn from each row's kept set, in proportion to their probability.
    GREEDY: by each row's most probable token.
    """

    SAMPLED = "sampled"
    GREEDY = "greedy"


@dataclass(frozen=True, slots=True)
class TreeSearch:
    """The rules of a search.

    Attributes:
        simulations: before each token that is decided, at least 1.
        depth: how many tokens beyond the decided text are looked at, at least 1.
        rule: which branch a simulation goes into.
        rollout: how it goes on from there.
        batch: how many simulations share their passes, at least 1.
        rows: token rows that the run may feed beside the prompt's, at least 1; None for no bound.
        seed: of what rollouts draw.
        verifier: what judges the texts that are tried.
    """

    simulations: int = 10
    depth: int = 5
    rule: Puct = field(default_factory=Puct)
    rollout: Rollout = Rollout.SAMPLED
    batch: int = 8
    rows: int | None = None
    seed: int = 42
    verifier: Verifier = field(default_factory=Likelihood)

    def __post_init__(self) -> None:
        _require_positive("mcts_simulations", self.simulations)
        _require_positive("mcts_depth", self.depth)
        _require_positive("mcts_batch", self.batch)
        if self.rows is not None:
            _require_positive("mcts_rows", self.rows)

    def cache_rows(self, steps: int) -> int:
        """Return how many cache rows a run of so many steps takes at most, beside the prompt's.

        A row lives until its branch is cut or its token decided, for `depth` steps at most.
        """
        rows = steps + self.simulations * self.depth * min(self.depth, steps)
        return rows if self.rows is None else min(rows, self.rows)


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        message = f"{name} is {value}; it must be 1 or more"
        raise InvalidValueError(message)
