"""Runs by their names: begun, followed, cancelled, kept, and found again after a restart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from threading import Event, Lock
from time import time
from typing import TYPE_CHECKING, Any

from tempo.application.serving.event_log import EventLog
from tempo.application.serving.interruption import interrupted, state_at
from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState
from tempo.domain.errors import QueueFullError, RunNotFoundError, TempoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tempo.application.serving.event_log import Document
    from tempo.application.serving.run_store import RunStore
    from tempo.application.serving.runner import Runner
    from tempo.application.serving.served_run import ServedRun

EVERYTHING = 1_000_000

SETTLING = 10.0
"""Seconds that who asks for a run waits at most for an answer that is there and is being kept."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long runs are kept, and how long they go on unheard.

    Attributes:
        grace_seconds: how long a run goes on that nobody listens to.
        runs: how many ended runs are kept.
        seconds: how long they are.
        listeners: how many may listen to one run.
    """

    grace_seconds: float
    runs: int
    seconds: float
    listeners: int


class Entry:
    """A run of this process, and who listens to it."""

    def __init__(self, run: ServedRun, kept: KeptRun) -> None:
        """Nobody listens yet."""
        self.run = run
        self.kept = kept
        self.listeners = 0
        self.heard_at = kept.asked_at
        self.settled = Event()


class RunRegistry:
    """All runs that have a name, under way or ended."""

    def __init__(
        self, store: RunStore, retention: Retention, clock: Callable[[], float] = time
    ) -> None:
        """Keep runs in a store; `clock` gives seconds since 1970."""
        self._store = store
        self._retention = retention
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._lock = Lock()

    def mark_interrupted(self) -> int:
        """Mark the runs that an earlier process left under way; how many there were."""
        left = [run for run in self._store.listing(EVERYTHING, None) if not run.state.is_over]
        for run in left:
            told = self._store.events(run.name)
            state = state_at(told)
            if state is RunState.INTERRUPTED:
                self._store.append(run.name, interrupted(told))
            self._store.save(replace(run, state=state, ended_at=self._clock()))
        return len(left)

    def begin(
        self, runner: Runner, run: ServedRun, asked: Document, parent: Document | None = None
    ) -> None:
        """Begin a run and keep it.

        Raises:
            QueueFullError, InvalidValueError, UnavailableError: as `Runner.submit`.
        """
        kept = KeptRun(run.name, run.state, self._clock(), None, asked, parent=parent)
        entry = Entry(run, kept)
        self._keep(entry)
        try:
            self._submit(runner, entry)
        except TempoError:
            self._forget(entry)
            raise

    def _keep(self, entry: Entry) -> None:
        """Have the store keep a new run, and all that it tells."""
        name = entry.run.name
        self._store.save(entry.kept)
        entry.run.log.keep(lambda event: self._store.append(name, event))

    def _submit(self, runner: Runner, entry: Entry) -> None:
        """Let a run be done here."""
        with self._lock:
            self._entries[entry.run.name] = entry
        runner.submit(entry.run)
        entry.run.done.add_done_callback(lambda _: self._ended(entry))

    def _forget(self, entry: Entry) -> None:
        """Let go of a run that was refused, or for which there is no room."""
        with self._lock:
            self._entries.pop(entry.run.name, None)
        self._store.drop(entry.run.name)

    def _ended(self, entry: Entry) -> None:
        """Keep what a run answered, unless it goes on elsewhere."""
        run = entry.run
        if run.log.is_left:
            entry.settled.set()
            return
        try:
            kept = replace(
                entry.kept, state=run.state, ended_at=self._clock(), answer=_plain(run.answer)
            )
            self._store.save(kept)
            self._store.flush()  # an answer that was shown is still there after a kill
            entry.kept = kept
        finally:
            entry.settled.set()

    def find(self, name: str) -> KeptRun:
        """Return a run as it stands; one that has told its end has its answer.

        Raises:
            RunNotFoundError: for a name that no run has.
        """
        entry = self._entries.get(name)
        if entry is not None:
            if entry.run.state.is_over:
                entry.settled.wait(SETTLING)
            over, kept = entry.kept.ended_at is not None, entry.kept
            state = kept.state if over else entry.run.state
            return replace(kept, state=state, is_stored=self._store.holds(name))
        found = self._store.find(name)
        if found is None:
            message = "there is no such run, or it is no longer kept"
            raise RunNotFoundError(message)
        return found

    def log(self, name: str) -> EventLog:
        """Return what a run told, and tells.

        Raises:
            RunNotFoundError: for a name that no run has.
        """
        entry = self._entries.get(name)
        if entry is not None:
            return entry.run.log
        self.find(name)
        return EventLog(self._store.events(name))

    def cancel(self, runner: Runner, name: str) -> KeptRun:
        """Stop a run; one that is over stays as it is.

        Raises:
            RunNotFoundError: for a name that no run has.
        """
        entry = self._entries.get(name)
        if entry is not None and not entry.run.state.is_over:
            self._stop(runner, entry)
        return self.find(name)

    def _stop(self, runner: Runner, entry: Entry) -> None:
        """Stop a run that is done here."""
        runner.cancel(entry.run)

    def listing(self, limit: int, before: float | None) -> list[KeptRun]:
        """Return runs, newest first, those asked before a moment."""
        moment = math.inf if before is None else before
        found = {run.name: run for run in self._store.listing(limit, before)}
        for name, entry in tuple(self._entries.items()):
            if name in found or entry.kept.asked_at < moment:
                found[name] = self.find(name)
        return sorted(found.values(), key=lambda run: run.asked_at, reverse=True)[:limit]

    def children(self, name: str) -> list[KeptRun]:
        """Return the runs that go on from a run, oldest first."""
        return [
            self.find(run.name) if run.name in self._entries else run
            for run in self._store.children(name)
        ]

    def listen(self, name: str) -> Callable[[], None]:
        """Become one of those that a run goes on for; returns how to leave.

        Raises:
            QueueFullError: if as many listen as may.
        """
        entry = self._entries.get(name)
        if entry is None:
            return lambda: None
        with self._lock:
            if entry.listeners >= self._retention.listeners:
                message = f"{entry.listeners} clients follow this run, and no more may"
                raise QueueFullError(message)
            entry.listeners += 1

        def leave() -> None:
            with self._lock:
                entry.listeners -= 1
                entry.heard_at = self._clock()

        return leave

    def sweep(self, runner: Runner) -> None:
        """Cancel runs that nobody listens to any more, and forget those kept long enough."""
        now = self._clock()
        ended: list[Entry] = []
        for entry in tuple(self._entries.values()):
            unheard = not entry.listeners and now - entry.heard_at >= self._retention.grace_seconds
            if not entry.run.state.is_over:
                if unheard and not entry.run.detached:
                    self._stop(runner, entry)
            elif not entry.listeners and entry.kept.ended_at is not None:
                ended.append(entry)
        self._let_go(ended)
        if self.is_writable:
            self._store.retain(self._retention.runs, self._since())

    def _let_go(self, ended: Sequence[Entry]) -> None:
        """Hold runs no longer that are in the store, nor more of the others than are kept."""
        if ended:
            self._store.flush()
        waiting = [one for one in ended if not self._store.holds(one.run.name)]
        over = waiting[: max(0, len(waiting) - self._retention.runs)]
        for entry in over:
            self._forget(entry)
        for entry in ended:
            if entry not in waiting:
                with self._lock:
                    self._entries.pop(entry.run.name, None)

    def leave(self, run: ServedRun) -> None:
        """Note that a run under way is about to be cancelled, since the service stops."""

    def stop_adopting(self) -> None:
        """Take over no run of others any more."""

    @property
    def is_writable(self) -> bool:
        """Whether what runs tell can be written at present."""
        return not self._store.is_failing

    def _since(self) -> float:
        return self._clock() - self._retention.seconds

    def close(self) -> None:
        """Write all, and let go of the store."""
        self._store.close()


def _plain(answer: Any) -> Any:  # noqa: ANN401 - whatever the interface answers with
    """Return an answer as plain data."""
    dump = getattr(answer, "model_dump", None)
    return dump(mode="json") if dump is not None else answer
