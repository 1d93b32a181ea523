"""What a study of search is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tempo.application.decoding.request import GenerationRequest
from tempo.domain.errors import InvalidValueError
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.search.plan import Rollout, TreeSearch
from tempo.domain.search.puct import Puct
from tempo.domain.selection import LARGEST_WIDTH, Selection
from tempo.domain.superposition import path_superposition

if TYPE_CHECKING:
    from tempo.application.studies.search.item import SearchItem
    from tempo.domain.tokens import TokenId

SAMPLED_FROM = 50
"""Best-of-n draws from so many of the likeliest tokens, as transformers' sampling by default."""


class Method(StrEnum):
    """How rows are spent.

    MCTS: the tree search. SAMPLES: texts drawn from the 50 likeliest tokens of each row, the best
    of them. KEPT_SAMPLES: texts drawn as the search's rollouts are, from what reaches its
    threshold, without a tree. BEAM: the most probable texts, as many as the rows are for.
    """

    MCTS = "mcts"
    SAMPLES = "best of n"
    KEPT_SAMPLES = "best of n, kept sets"
    BEAM = "beam"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """How long texts are, how many rows each method has, and the rules of the search.

    Attributes:
        steps: tokens of a text at most, at least 2.
        budgets: token rows beside the prompt's, each at least `steps`, increasing.
        simulations: before each token of the search, at least 1.
        depth: how many tokens beyond the decided text it looks at, at least 1.
        c_puct: how much priors count in it, at least 0.
        threshold: what its tokens reach, in [0, 1].
        width: how many of them a row offers at most.
        rollout: how its simulations go on.
        seed: of all that is drawn.
    """

    steps: int = 40
    budgets: tuple[int, ...] = (200, 400, 800)
    simulations: int = 20
    depth: int = 40
    c_puct: float = 1.0
    threshold: float = 0.02
    width: int = 16
    rollout: Rollout = Rollout.SAMPLED
    seed: int = 42

    def __post_init__(self) -> None:
        if self.steps < 2:  # noqa: PLR2004 - the last token takes no row
            message = f"steps is {self.steps}; it must be 2 or more"
            raise InvalidValueError(message)
        if not self.budgets:
            message = "the study has no budget; give at least one"
            raise InvalidValueError(message)
        small = [budget for budget in self.budgets if budget < self.steps]
        if small:
            message = f"budget is {small[0]}; it must be {self.steps} or more, a row for each step"
            raise InvalidValueError(message)
        if not 0.0 <= self.threshold <= 1.0:
            message = f"threshold is {self.threshold}; it must be in [0, 1]"
            raise InvalidValueError(message)
        for name in ("simulations", "depth", "width"):
            if getattr(self, name) < 1:
                message = f"{name} is {getattr(self, name)}; it must be 1 or more"
                raise InvalidValueError(message)
        Puct(self.c_puct)
        object.__setattr__(self, "budgets", tuple(sorted(set(self.budgets))))

    @property
    def kept(self) -> Selection:
        """What a row offers to the search and to its rollouts."""
        return Selection(ConstantThreshold(self.threshold), self.width, self.width)

    def request(self, item: SearchItem, selection: Selection) -> GenerationRequest:
        """Return what a method asks of a model, but for how it searches."""
        return self._request(item.prompt_ids, selection)

    def _request(self, prompt: tuple[TokenId, ...], selection: Selection) -> GenerationRequest:
        return GenerationRequest(
            prompt, self.steps, selection=selection, superposition=path_superposition()
        )

    def search(self, item: SearchItem, budget: int) -> TreeSearch:
        """Return the search of an item at so many rows."""
        return TreeSearch(
            simulations=self.simulations,
            depth=self.depth,
            rule=Puct(self.c_puct),
            rollout=self.rollout,
            rows=budget,
            seed=self.seed + item.number,
            verifier=item.verifier,
        )


def offering(width: int) -> Selection:
    """Return what offers the likeliest tokens of a row, so many of them."""
    most = min(width, LARGEST_WIDTH)
    return Selection(ConstantThreshold(0.0), most, most)
