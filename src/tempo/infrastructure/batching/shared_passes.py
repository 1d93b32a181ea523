"""A backend for several threads, whose sessions go through the model together.

One thread does all the model's work, that of the caller: each thread that computes brings a pool
of processor threads along, and two pools on the same cores make both wait. Passes that the runs
ask for are gathered until every run under way has asked, or the first of them has waited long
enough, and so are readings, which come first; a prompt that joins is fed between two passes, so
that its first step is in the next but one.

On a GPU many runs are two groups that take turns: while one's pass is computed there, the other's
threads choose their next tokens here.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock, local
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
    Read = tuple[DecodingSession, Reading]

T = TypeVar("T")

PATIENCE = 0.02
"""Seconds that a pass waits at most for the runs that have not asked yet."""


SPLIT_FROM = 12
"""Runs from which on they are two groups on a GPU: each pass reads all the weights anew."""


@dataclass(slots=True)
class Job:
    """Work for the model's thread.

    Attributes:
        group: the number of the group whose runs it waits for.
        work: what to do, for anything but a pass and its readings.
        fed: the part of a pass.
        read: the readings.
        done: its result or its error.
    """

    group: int = 0
    work: Callable[[], object] | None = None
    fed: Sequence[Fed] = ()
    read: Sequence[Read] = ()
    done: Future[object] = field(default_factory=Future)


@dataclass(slots=True, eq=False)
class Group:
    """Runs that share passes.

    Attributes:
        members: how many they are.
        since: when the first of what is gathered came.
        fed: parts of the next pass.
        read: readings of the last one.
    """

    members: int = 0
    since: float = 0.0
    fed: list[Job] = field(default_factory=list)
    read: list[Job] = field(default_factory=list)

    @property
    def gathered(self) -> int:
        """How many jobs wait for others like them."""
        return len(self.fed) + len(self.read)

    def take(self, job: Job) -> None:
        """Let a job wait for others like it."""
        if not self.gathered:
            self.since = monotonic()
        (self.fed if job.fed else self.read).append(job)


class SharedPasses:
    """The port of a model, for runs in several threads; inside `together` passes are shared."""

    def __init__(self, backend: ModelBackend, patience: float = PATIENCE) -> None:
        """Share a backend."""
        self._backend = backend
        self._patience = patience
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._lock = Lock()
        self._role = Lock()
        self._groups = [Group(), Group()]
        self._own = local()
        self._servers = 0

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._backend.description

    @contextmanager
    def member(self) -> Iterator[None]:
        """Be one of the runs that a pass waits for."""
        with self._lock:
            number = self._next_group()
            self._groups[number].members += 1
        self._own.group = number
        try:
            yield
        finally:
            del self._own.group
            with self._lock:
                self._groups[number].members -= 1
                self._jobs.put(Job(work=_look_again))

    def _next_group(self) -> int:
        """Return the group that a run joins: the smaller one."""
        first, second = (group.members for group in self._groups)
        return int(second < first)

    @property
    def _turns(self) -> list[list[Group]]:
        """Which groups share passes: both, or each its own, where that is worth its while."""
        members = sum(group.members for group in self._groups)
        apart = self.description.device != "cpu" and members >= SPLIT_FROM
        return [[group] for group in self._groups] if apart else [self._groups]

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
                while _gathered(self._groups) and not self._servers:
                    self._go_on(self._groups)

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
            waiting = [job for group in self._groups for job in (*group.fed, *group.read)]
            for group in self._groups:
                group.fed, group.read = [], []
            for job in waiting or [self._jobs.get()]:
                if not job.done.done():
                    job.done.set_exception(error)

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> DecodingSession:
        """Start a session between two passes."""
        opened: DecodingSession = self._done(Job(work=lambda: self._backend.open(prompt, rules)))  # type: ignore[assignment]
        return opened

    def extend(self, batch: Sequence[Fed]) -> None:
        """Feed sessions in a pass with those of other threads."""
        self._done(Job(self._group, fed=batch))

    def propose(self, batch: Sequence[tuple[DecodingSession, Reading]]) -> list[Proposal]:
        """Read the rows of each session's last pass."""
        read: list[Proposal] = self._done(Job(self._group, read=batch))  # type: ignore[assignment]
        return read

    @property
    def _group(self) -> int:
        """The group of this thread's run; the first for whoever is none."""
        return getattr(self._own, "group", 0)

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
        while not all(run.done() for run in runs):
            since = [group.since for group in self._groups if group.gathered]
            remaining = max(0.0, min(since) + self._patience - monotonic()) if since else None
            late: list[Group] = []
            try:
                self._take(self._jobs.get(timeout=remaining))
            except Empty:
                late = [min(self._groups, key=lambda one: (not one.gathered, one.since))]
            for groups in self._turns:
                members = sum(group.members for group in groups)
                if 0 < _gathered(groups) >= members or any(group in late for group in groups):
                    self._go_on(groups)

    def _take(self, job: Job) -> None:
        """Do a job at once, or let it wait for others like it."""
        if job.fed or job.read:
            self._groups[job.group].take(job)
        else:
            _do(job, self._backend)

    def _go_on(self, groups: Sequence[Group]) -> None:
        """Answer the readings that were gathered; feed a pass where there are none."""
        reads = [job for group in groups for job in group.read]
        jobs = reads or [job for group in groups for job in group.fed]
        fed = [one for job in jobs for one in job.fed]
        read = [one for job in jobs for one in job.read]
        _share(jobs, Job(fed=fed, read=read), self._backend)
        for group in groups:
            if reads:
                group.read = []
            else:
                group.fed = []
            group.since = monotonic()


def _gathered(groups: Sequence[Group]) -> int:
    return sum(group.gathered for group in groups)


def _share(jobs: Sequence[Job], together: Job, backend: ModelBackend) -> None:
    """Do what several threads asked for at once; where it fails, each part by itself."""
    _do(together, backend)
    failed = together.done.exception() is not None
    answers = None if failed else together.done.result()
    start = 0
    for job in jobs:
        if failed:
            _do(job, backend)
            continue
        stop = start + len(job.read)
        job.done.set_result(answers[start:stop] if isinstance(answers, list) else None)
        start = stop


def _look_again() -> None:
    """Do nothing: somebody has left, and whoever waits for them waits no more."""


def _do(job: Job, backend: ModelBackend) -> None:
    try:
        result = _done_by(job, backend)
    except Exception as error:  # why: it belongs to the thread that asked  # noqa: BLE001
        job.done.set_exception(error)
    else:
        job.done.set_result(result)


def _done_by(job: Job, backend: ModelBackend) -> object:
    if job.work is not None:
        return job.work()
    if job.read:
        return backend.propose(job.read)
    backend.extend(job.fed)
    return None
