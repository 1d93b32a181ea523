"""Where runs are kept that several replicas of a service share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tempo.application.serving.run_store import RunStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tempo.application.serving.event_log import Document
    from tempo.application.serving.run_store import KeptRun


@dataclass(frozen=True, slots=True)
class Held:
    """What others left for the replica that does a run.

    Attributes:
        is_asked_to_stop: whether the run is to be cancelled.
        heard_before: seconds since it was last listened to elsewhere, infinity for never.
    """

    is_asked_to_stop: bool
    heard_before: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that its replica left, and that is the claimant's from now on.

    Attributes:
        run: as it is kept.
        claims: how often it was claimed, this time too.
    """

    run: KeptRun
    claims: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came.

    Attributes:
        is_over: whether it will tell no more than this.
        events: what it told behind what was known.
    """

    is_over: bool
    events: Sequence[Document]


class SharedRunStore(RunStore, Protocol):
    """Keeps runs for several replicas; each run under way is leased to one of them.

    A lease is good until a moment by the store's own clock, which its holder puts off as long as
    it lives. Whoever finds that moment past may claim the run; from then on nothing is written
    that the holder before was about to write. Every method may raise UnavailableError where the
    store does not answer, but for those of writing.
    """

    def begin(self, run: KeptRun) -> None:
        """Keep a new run under a lease of this replica's; it is there for all when this returns."""
        ...

    def append(
        self, name: str, event: Document, written: Callable[[], object] = lambda: None
    ) -> None:
        """Keep one event of a run that is held; `written` is called once all can read it."""
        ...

    def renew(self) -> None:
        """Put off the end of every lease of this replica's."""
        ...

    def held(self) -> Mapping[str, Held]:
        """Return the runs whose leases are still this replica's; those that it lost are let go."""
        ...

    def claim(self) -> Claim | None:
        """Take over the oldest run whose lease has ended, if there is one; one replica gets it.

        None that this replica holds itself, however late it is to renew it.
        """
        ...

    def let_go(self, name: str) -> None:
        """End a lease, so that another replica claims the run at once."""
        ...

    def ask_to_stop(self, name: str) -> None:
        """Ask the replica that does a run to cancel it."""
        ...

    def hear(self, names: Iterable[str]) -> None:
        """Note that somebody listens to runs here."""
        ...

    def progress(self, known: Mapping[str, int]) -> Mapping[str, Progress]:
        """Return how far runs came behind their last known event; -1 stands before the first.

        A run that is no longer kept is left out.
        """
        ...
