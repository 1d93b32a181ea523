"""Where runs are kept, as the registry asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tempo.application.serving.event_log import Document
    from tempo.application.serving.served_run import RunState


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as it is kept, its events apart.

    Attributes:
        name: its id.
        state: where it stands.
        asked_at: when it was asked for, in seconds since 1970.
        ended_at: when it ended, None before.
        asked: what it was asked, as plain data.
        answer: what it answered, or the part that it came to where it failed; None before.
        parent: the run, step and token that it goes on from.
        is_stored: whether all of it that was told is in the store; a full disk keeps it out.
    """

    name: str
    state: RunState
    asked_at: float
    ended_at: float | None
    asked: Document
    answer: Any = None
    parent: Document | None = None
    is_stored: bool = True


class RunStore(Protocol):
    """Keeps runs and their events; writing never waits for the disk, reading sees all written."""

    def save(self, run: KeptRun) -> None:
        """Keep a run, or what it is now."""
        ...

    def append(self, name: str, event: Document) -> None:
        """Keep one event of a run."""
        ...

    def flush(self) -> bool:
        """Wait until all was tried to be written; whether nothing waits any more."""
        ...

    @property
    def is_failing(self) -> bool:
        """Whether nothing can be written at present; what is to be written waits."""
        ...

    def holds(self, name: str) -> bool:
        """Whether all that was to be kept of a run is written."""
        ...

    def find(self, name: str) -> KeptRun | None:
        """Return a run, None where there is none."""
        ...

    def events(self, name: str) -> list[Document]:
        """Return the events of a run."""
        ...

    def listing(self, limit: int, before: float | None) -> list[KeptRun]:
        """Return runs without their answers, newest first, those asked before a moment."""
        ...

    def children(self, name: str) -> list[KeptRun]:
        """Return the runs that go on from a run, without their answers, oldest first."""
        ...

    def drop(self, name: str) -> None:
        """Forget a run."""
        ...

    def retain(self, most: int, since: float) -> None:
        """Forget ended runs but for so many of the newest, and those that ended before a moment."""
        ...

    def close(self) -> None:
        """Write all, and let go."""
        ...
