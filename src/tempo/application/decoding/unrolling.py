"""What a run is to whoever tells of it, whether it keeps several hypotheses or searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tempo.application.decoding.settling import Unfolding

if TYPE_CHECKING:
    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.cost import CostMeter
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import RetainedState
    from tempo.domain.events import CandidatesPruned, StepAppended
    from tempo.domain.lattice import Lattice
    from tempo.domain.ports.model_backend import DecodingSession
    from tempo.domain.pruning.tally import PruningTally
    from tempo.domain.pruning.verdict import Judged
    from tempo.domain.search.report import SearchReport


class Unrolling(Unfolding, Protocol):
    """A run that goes on step by step; nothing is decoded before it is asked for."""

    pruned: CandidatesPruned | None
    meter: CostMeter

    @property
    def request(self) -> GenerationRequest:
        """What was asked."""
        ...

    @property
    def session(self) -> DecodingSession:
        """The sequence state of the model."""
        ...

    @property
    def decoded(self) -> int:
        """How many steps were decoded or committed to."""
        ...

    @property
    def has_live(self) -> bool:
        """Whether some hypothesis is unfinished."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether the model's context has room to go on."""
        ...

    @property
    def lattice(self) -> Lattice:
        """The lattice so far, each member with its posterior."""
        ...

    @property
    def tally(self) -> PruningTally:
        """What became of candidates so far."""
        ...

    @property
    def report(self) -> SearchReport | None:
        """What a search found so far; None for a run that does not search."""
        ...

    def decoding(self) -> Asking[StepAppended]:
        """Decode one step, for whoever answers what it asks."""
        ...

    def judging(self) -> Asking[tuple[Judged, ...]]:
        """Judge earlier steps by the newest, if the run is to; `pruned` says what came of it."""
        ...

    def retained(self) -> RetainedState | None:
        """Return what others can go on from; None unless the run was made for it."""
        ...

    def close(self) -> None:
        """Let go of the cache."""
        ...
