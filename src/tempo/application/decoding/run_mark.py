"""A moment of a run, to go back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.application.decoding.sequence_state import StateMark
    from tempo.application.pruning.run import PruningRun
    from tempo.domain.node import Node
    from tempo.domain.path_tails import PathTails
    from tempo.domain.trellis import Trellis


@dataclass(frozen=True, slots=True, eq=False)
class RunMark:
    """A moment of a run.

    Attributes:
        state: the sequence state of the model.
        trellis: the lattice so far.
        pending: what is to be fed next, where that is given.
        tails: the ends of the live paths' texts.
        pruning: what was judged and decided.
    """

    state: StateMark
    trellis: Trellis
    pending: tuple[Node, ...]
    tails: PathTails
    pruning: PruningRun
