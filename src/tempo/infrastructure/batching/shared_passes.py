"""A backend for several threads, whose sessions go through the model together.

One thread does all the model's work, that of the caller: each thread that computes brings a pool
of processor threads along, and two pools on the same cores make both wait. Passes that the runs
ask for are gathered until every run under way has asked, or the first of them has waited long
enough; a prompt that joins is fed between two passes, so that its first step is in the next but
one.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

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

T = TypeVar("T")

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
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._lock = Lock()
        self._role = Lock()
        self._waiting: list[Job] = []
        self._servers = 0
        self._members = 0

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._backend.description

    @contextmanager
    def member(self) -> Iterator[None]:
        """Be one of the runs that a pass waits for."""
        with self._lock:
            self._members += 1
        try:
            yield
        finally:
            with self._lock:
                self._members -= 1
                self._jobs.put(Job(work=_look_again))

    @contextmanager
    def serving(self) -> Iterator[Callable[[Sequence[Future[T]]], None]]:
        """Take over the model's work of all threads, those that begin within the block among them.

        Yields what does it, until some runs are done. Where another thread does it already, one
        waits for one's turn: runs of both go on together.
        """
        with self._lock:
            self._servers += 1
        try:
            yield self._until_done
        finally:
            with self._lock:
                self._servers -= 1
                while not self._servers and not self._jobs.empty():  # of threads that are no runs
                    self._take(self._jobs.get())
                if self._waiting and not self._servers:
                    self._pass()

    def _until_done(self, runs: Sequence[Future[T]]) -> None:
        for run in runs:
            run.add_done_callback(lambda _: self._jobs.put(Job(work=_look_again)))
        with self._role:
            try:
                self._serve(runs)
            except BaseException as error:  # why: Ctrl-C too; whoever waits would wait for ever
                self._refuse(runs, error)
                raise

    def _refuse(self, runs: Sequence[Future[T]], error: BaseException) -> None:
        """Give all that is asked for an error, until some runs have ended by it."""
        while not all(run.done() for run in runs):
            waiting, self._waiting = self._waiting, []
            for job in waiting or [self._jobs.get()]:
                if not job.done.done():
                    job.done.set_exception(error)

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
            shared = self._servers > 0
            if shared:
                self._jobs.put(job)
        if not shared:
            _do(job, self._backend)
        return job.done.result()

    def _serve(self, runs: Sequence[Future[T]]) -> None:
        """Serve until runs are done; what is still to be fed then waits for whoever serves next."""
        since = monotonic()
        while not all(run.done() for run in runs):
            remaining = max(0.0, since + self._patience - monotonic()) if self._waiting else None
            try:
                job = self._jobs.get(timeout=remaining)
            except Empty:
                self._pass()
                continue
            if not self._waiting:
                since = monotonic()
            self._take(job)
            if self._waiting and len(self._waiting) >= self._members:
                self._pass()

    def _take(self, job: Job) -> None:
        """Do a job at once, or let it wait for the next pass."""
        if job.work is None:
            self._waiting.append(job)
        else:
            _do(job, self._backend)

    def _pass(self) -> None:
        """Run what was gathered in one pass; where it fails, each part by itself."""
        jobs, together = self._waiting, Job(fed=[part for job in self._waiting for part in job.fed])
        _do(together, self._backend)
        self._waiting = []
        for job in jobs:
            if together.done.exception() is None:
                job.done.set_result(None)
            else:
                _do(job, self._backend)


def _look_again() -> None:
    """Do nothing: somebody has left, and whoever waits for them waits no more."""


def _do(job: Job, backend: ModelBackend) -> None:
    try:
        work = job.work or (lambda: backend.extend(job.fed))
        result = work()
    except Exception as error:  # why: it belongs to the thread that asked  # noqa: BLE001
        job.done.set_exception(error)
    else:
        job.done.set_result(result)
