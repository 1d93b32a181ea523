"""Runs that other replicas do and somebody listens to here."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from tempo.application.serving.event_log import EventLog
from tempo.domain.errors import QueueFullError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.serving.shared_store import SharedRunStore

IDLE = 20
"""Looks at the store after which a run is followed no more that nobody listens to."""


@dataclass(slots=True)
class Followed:
    """A run of another replica: what is known of it, who listens, and since when nobody does."""

    log: EventLog
    listeners: int = 0
    idle: int = 0


class Following:
    """Asks the store for all of them at once, however many listen."""

    def __init__(self, store: SharedRunStore, listeners: int) -> None:
        """Follow none yet; so many may listen to one run."""
        self._store = store
        self._most = listeners
        self._lock = Lock()
        self._followed: dict[str, Followed] = {}

    def log(self, name: str) -> EventLog:
        """Return what a run under way told and, while somebody listens, tells.

        Raises:
            UnavailableError: if the store does not answer.
        """
        with self._lock:
            known = self._followed.get(name)
        if known is not None:
            return known.log
        made = Followed(EventLog.going_on(self._store.events(name)))
        with self._lock:
            return self._followed.setdefault(name, made).log

    def listen(self, name: str) -> Callable[[], None]:
        """Become one of those that a run is followed for; returns how to leave.

        Raises:
            QueueFullError: if as many listen as may.
        """
        with self._lock:
            followed = self._followed.get(name)
            if followed is None:
                return lambda: None
            if followed.listeners >= self._most:
                message = f"{followed.listeners} clients follow this run, and no more may"
                raise QueueFullError(message)
            followed.listeners += 1

        def leave() -> None:
            with self._lock:
                followed.listeners -= 1

        return leave

    def poll(self) -> None:
        """Tell the listeners what is new.

        Raises:
            UnavailableError: if the store does not answer.
        """
        with self._lock:
            following = dict(self._followed)
        progress = self._store.progress({name: len(one.log) - 1 for name, one in following.items()})
        for name, one in following.items():
            found = progress.get(name)
            one.log.extend(found.events if found is not None else ())
            one.idle = 0 if one.listeners else one.idle + 1
            is_over = found is None or found.is_over
            if is_over:
                one.log.end()
            if is_over or one.idle > IDLE:
                with self._lock:
                    self._followed.pop(name, None)

    def hear(self) -> None:
        """Let those who do the runs know that somebody listens.

        Raises:
            UnavailableError: if the store takes nothing.
        """
        with self._lock:
            heard = [name for name, one in self._followed.items() if one.listeners]
        if heard:
            self._store.hear(heard)
