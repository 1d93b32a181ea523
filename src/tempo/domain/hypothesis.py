"""A path that could be the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.domain.tokens import LogicalStep


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A live candidate's best chain, or that of a finished one.

    Attributes:
        step: where it ends.
        member: which member of that step it ends in.
        log_share: log of its share of the lattice's paths, each step's kept mass taken as whole.
        finished: whether it is finished.
    """

    step: int
    member: int
    log_share: float
    finished: bool


@dataclass(frozen=True, slots=True)
class PathEnd:
    """Where a path ends; its best parent chain leads back from there.

    Attributes:
        step: the number of its last step.
        member: which member of that step it ends in.
    """

    step: LogicalStep
    member: int
