"""What a service tells of its runs to whoever counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tempo.application.serving.forkable import Origin
    from tempo.application.serving.served_run import ServedRun
    from tempo.domain.events import Event


class RunObserver(Protocol):
    """Counts; called from the runs' own threads, and must not raise."""

    def began(self, run: ServedRun, waited: float) -> None:
        """Note that a run's turn came after so many seconds."""
        ...

    def told(self, run: ServedRun, event: Event, seconds: float) -> None:
        """Note an event that took so many seconds, the first of a run since it began."""
        ...

    def ended(self, run: ServedRun) -> None:
        """Note that a run ended, in whatever state."""
        ...

    def forked(self, origin: Origin) -> None:
        """Note what a fork went on from."""
        ...

    def evicted(self) -> None:
        """Note that a retained state was let go of to make room."""
        ...


class Unobserved:
    """Counts nothing."""

    def began(self, run: ServedRun, waited: float) -> None:
        """Do nothing."""

    def told(self, run: ServedRun, event: Event, seconds: float) -> None:
        """Do nothing."""

    def ended(self, run: ServedRun) -> None:
        """Do nothing."""

    def forked(self, origin: Origin) -> None:
        """Do nothing."""

    def evicted(self) -> None:
        """Do nothing."""
