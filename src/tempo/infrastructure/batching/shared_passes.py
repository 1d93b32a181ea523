"""A backend for several threads, whose sessions go through the model together.

One thread of its own does all the model's work: what comes from many would each bring a pool of
processor threads along, and these fight. Passes that the threads ask for are gathered until every
run under way has asked, or the first of them has waited long enough; a prompt that joins is fed
between two passes, so that its first step is in the next but one.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import (
        DecodingSession,
        ModelBackend,
        ModelDescription,
    )
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId

    Fed = tuple[DecodingSession, Sequence[Node]]

PATIENCE = 0.02
"""Seconds that a pass waits at most for the runs that have not asked yet."""


@dataclass(slots=True)
class Job:
    """Work for the model's thread.

    Attributes:
        work: what to do, for anything but a pass.
        fed: the part of a pass.
        done: its result or its error.
    """

    work: Callable[[], object] | None = None
    fed: Sequence[Fed] = ()
    done: Future[object] = field(default_factory=Future)


class SharedPasses:
    """The port of a model, for runs in several threads; inside `together` passes are shared."""

    def __init__(self, backend: ModelBackend, patience: float = PATIENCE) -> None:
        """Share a backend."""
        self._backend = backend
        self._patience = patience
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = Lock()
        self._members = 0
        self._thread: Thread | None = None

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._backend.description

    @contextmanager
    def member(self) -> Iterator[None]:
        """Be one of the runs that a pass waits for."""
        with self._lock:
            self._members += 1
            if self._thread is None:
                self._thread = Thread(target=self._serve, name="tempo-model", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._members -= 1
                self._jobs.put(Job(work=lambda: None))  # whoever waits for this run looks again
                if not self._members and self._thread is not None:
                    self._jobs.put(None)
                    self._thread = None

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> DecodingSession:
        """Start a session between two passes."""
        opened: DecodingSession = self._done(Job(work=lambda: self._backend.open(prompt, rules)))  # type: ignore[assignment]
        return opened

    def extend(self, batch: Sequence[Fed]) -> None:
        """Feed sessions in a pass with those of other threads."""
        self._done(Job(fed=batch))

    def propose(self, batch: Sequence[tuple[DecodingSession, Reading]]) -> list[Proposal]:
        """Read the rows of each session's last pass."""
        read: list[Proposal] = self._done(Job(work=lambda: self._backend.propose(batch)))  # type: ignore[assignment]
        return read

    def _done(self, job: Job) -> object:
        """Have a job done, here if no other run is under way."""
        with self._lock:
            shared = self._thread is not None
            if shared:
                self._jobs.put(job)
        if not shared:
            _do(job, self._backend)
        return job.done.result()

    def _serve(self) -> None:
        waiting: list[Job] = []
        since = 0.0
        while True:
            remaining = max(0.0, since + self._patience - monotonic()) if waiting else None
            try:
                job = self._jobs.get(timeout=remaining)
            except Empty:
                waiting = self._pass(waiting)
                continue
            if job is None:
                self._pass(waiting)
                return
            if job.work is not None:
                _do(job, self._backend)
            else:
                since = since if waiting else monotonic()
                waiting.append(job)
            if waiting and len(waiting) >= self._members:
                waiting = self._pass(waiting)

    def _pass(self, jobs: Sequence[Job]) -> list[Job]:
        """Run what was gathered in one pass; where it fails, each part by itself."""
        if not jobs:
            return []
        together = Job(fed=[part for job in jobs for part in job.fed])
        _do(together, self._backend)
        for job in jobs:
            if together.done.exception() is None:
                job.done.set_result(None)
            elif len(jobs) == 1:
                job.done.set_exception(together.done.exception())
            else:
                _do(job, self._backend)
        return []


def _do(job: Job, backend: ModelBackend) -> None:
    try:
        work = job.work or (lambda: backend.extend(job.fed))
        result = work()
    except Exception as error:  # why: it belongs to the thread that asked  # noqa: BLE001
        job.done.set_exception(error)
    else:
        job.done.set_result(result)
