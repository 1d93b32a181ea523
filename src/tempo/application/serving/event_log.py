"""What a run told, numbered without gaps, for listeners that come and go."""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Document = dict[str, Any]
"""An event as plain data for JSON."""

VERSION = 1
"""Of the events' format."""


class EventLog:
    """Events with their numbers from 0; a listener reads on from any of them.

    There is one copy of each event, however many listen and however slowly: a listener holds the
    number of the last event that it read, and nothing waits for it.
    """

    def __init__(
        self, events: Iterable[Document] = (), clock: Callable[[], float] = monotonic
    ) -> None:
        """Start with what was told before; `clock` gives seconds."""
        self._events = list(events)
        self._clock = clock
        self._start = clock()
        self._lock = Lock()
        self._listeners: list[Callable[[], object]] = []
        self._ended = bool(self._events)
        self._kept: Callable[[Document], None] = lambda _: None

    @property
    def ended(self) -> bool:
        """Whether nothing will be told any more."""
        return self._ended

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self._events)

    def append(self, event: Document) -> Document:
        """Number an event, keep it, and wake the listeners."""
        with self._lock:
            milliseconds = round(1000.0 * (self._clock() - self._start), 1)
            told = {"v": VERSION, "seq": len(self._events), "t_ms": milliseconds, **event}
            self._events.append(told)
            self._kept(told)
        self._wake()
        return told

    def keep(self, kept: Callable[[Document], None]) -> None:
        """Hand every event over to what keeps it; before the first."""
        self._kept = kept

    def end(self) -> None:
        """Say that nothing will be told any more."""
        self._ended = True
        self._wake()

    def after(self, number: int) -> tuple[Document, ...]:
        """Return the events that follow a number; -1 stands before the first."""
        with self._lock:
            return tuple(self._events[max(0, number + 1) :])

    def listen(self, wake: Callable[[], object]) -> Callable[[], None]:
        """Call `wake` whenever there is more, from any thread; returns how to stop that."""
        with self._lock:
            self._listeners.append(wake)

        def leave() -> None:
            with self._lock:
                self._listeners.remove(wake)

        return leave

    def _wake(self) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for wake in listeners:
            wake()
