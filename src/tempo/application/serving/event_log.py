"""What a run told, numbered without gaps, for listeners that come and go."""

from __future__ import annotations

from threading import RLock
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
        self._lock = RLock()  # a store may have written an event as soon as it gets it
        self._listeners: list[Callable[[], object]] = []
        self._ended = bool(self._events)
        self._kept: Callable[[Document], None] = lambda _: None
        self._shown = len(self._events)
        self._waits_for_store = False
        self._is_left = False

    @classmethod
    def going_on(
        cls, events: Iterable[Document] = (), clock: Callable[[], float] = monotonic
    ) -> EventLog:
        """Return the log of a run that told this and goes on: its numbers and times go on too."""
        log = cls(events, clock)
        times = [event["t_ms"] for event in log._events if event.get("t_ms") is not None]
        log._start -= max(times, default=0.0) / 1000.0
        log._ended = False
        return log

    @property
    def ended(self) -> bool:
        """Whether nothing will be told any more."""
        return self._ended and self._shown == len(self._events)

    @property
    def is_left(self) -> bool:
        """Whether the run goes on elsewhere, and is told of there."""
        return self._is_left

    def __len__(self) -> int:
        """Return how many events there are for listeners."""
        return self._shown

    def append(self, event: Document) -> None:
        """Number an event, keep it, and wake the listeners."""
        with self._lock:
            if self._is_left:
                return
            milliseconds = round(1000.0 * (self._clock() - self._start), 1)
            told = {"v": VERSION, "seq": len(self._events), "t_ms": milliseconds, **event}
            self._events.append(told)
            self._kept(told)
            if not self._waits_for_store:
                self._shown = len(self._events)
        self._wake()

    def extend(self, told: Iterable[Document]) -> None:
        """Add events as another log numbered them, and wake the listeners."""
        with self._lock:
            self._events += [one for one in told if one["seq"] >= len(self._events)]
            self._shown = len(self._events)
        self._wake()

    def keep(self, kept: Callable[[Document], None]) -> None:
        """Hand every event over to what keeps it; before the first."""
        self._kept = kept

    def keep_before_showing(self, kept: Callable[[Document], None]) -> None:
        """The same, but listeners get an event once `show` says that it is kept."""
        self._kept, self._waits_for_store = kept, True

    def show(self, number: int) -> None:
        """Let listeners have all events up to a number."""
        with self._lock:
            self._shown = max(self._shown, number + 1)
        self._wake()

    def leave(self) -> None:
        """Tell nothing more here: the run goes on elsewhere."""
        with self._lock:
            self._is_left = True
        self._wake()

    def end(self) -> None:
        """Say that nothing will be told any more."""
        self._ended = True
        self._wake()

    def after(self, number: int) -> tuple[Document, ...]:
        """Return the events that follow a number; -1 stands before the first."""
        with self._lock:
            return tuple(self._events[max(0, number + 1) : self._shown])

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
