"""A path that could be the text."""

from __future__ import annotations

from dataclasses import dataclass


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
