"""What a run tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.domain.hypothesis import PathEnd
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.pruning.verdict import Judged
    from tempo.domain.stopping import FinishReason
    from tempo.domain.tokens import LogicalStep, TokenId


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The prompt is in the cache.

    Attributes:
        prompt_ids: the prompt's tokens.
        max_steps: how many steps the run takes at most, after the model's context was considered.
        more: whether steps that the run goes on from are told next.
    """

    prompt_ids: tuple[TokenId, ...]
    max_steps: int
    more: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class StepAppended:
    """A token set joined the lattice.

    Attributes:
        step: the set, its candidates and its transitions.
        cache_rows: physical tokens in the cache, the prompt among them, before the set is fed.
        released: how many rows left the cache because no row to come can see them.
        dropped: what a strategy dropped before the set was kept.
        best: where the run's best path ends, over the lattice as it was told so far.
        more: whether the run has come further already, so that an event that belongs to this one
            follows: what the step pruned of earlier ones, or the next step of those that the run
            goes on from.
        judged: what retroactive pruning held against its rule after the step, of the newest steps
            if they are many, whatever came of it.
    """

    step: LatticeStep
    cache_rows: int
    released: int
    dropped: tuple[PruningDecision, ...] = ()
    best: PathEnd | None = None
    more: bool = False
    judged: tuple[Judged, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CandidatesPruned:
    """Earlier candidates were judged, and some are gone, weakened or no longer seen.

    Attributes:
        decisions: what was decided, each with its reason. Where `steps` were decoded again, what a
            strategy dropped of them is among it, in place of what it had dropped before, and what
            was said earlier of candidates that they have no more is void.
        steps: the steps that are no longer as they were told, with their candidates, weights and
            transitions of now.
        removed: the numbers of steps that are gone as a whole.
        lost: share of the live paths that left the lattice, in [0, 1].
        released: how many rows left the cache.
        cache_rows: physical tokens in the cache, the prompt among them.
        best: where the run's best path ends, over the lattice as it is now.
    """

    decisions: tuple[PruningDecision, ...]
    steps: tuple[LatticeStep, ...]
    removed: tuple[LogicalStep, ...]
    lost: float
    released: int
    cache_rows: int
    best: PathEnd | None = None


@dataclass(frozen=True, slots=True)
class TextSettled:
    """More of the text is certain: the best chains of all live candidates share it.

    Attributes:
        text: what follows the text settled before.
        steps: how many steps are settled in all.
    """

    text: str
    steps: int


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run ended.

    Attributes:
        reason: why.
        text: what follows the text settled before, so that all texts joined are the best path's.
    """

    reason: FinishReason
    text: str


Event = RunStarted | StepAppended | CandidatesPruned | TextSettled | RunFinished
