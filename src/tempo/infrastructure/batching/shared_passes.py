"""A backend for several runs, whose sessions go through the model together.

One thread does all the model's work, that of a caller: each thread that computes brings a pool
of processor threads along, and two pools on the same cores make both wait. It does the runs' own
work too, one after another between two passes: handing it over to a thread for each run cost more
than the work itself. What other threads ask of the model is done between two passes, and so is
the prompt of a run that joins, whose first step is in the next pass but one.

On a GPU many runs are two groups that take turns: while one's pass is computed there, the other
chooses its next tokens here.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from threading import Condition, get_ident
from typing import TYPE_CHECKING, Any, TypeVar

from tempo.domain.errors import SessionError
from tempo.infrastructure.batching.runs import Caller, turn
from tempo.infrastructure.huggingface.activations.taps import any_taps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tempo.application.decoding.asking import Asking
    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend, ModelDescription
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.batching.runs import Group

T = TypeVar("T")

SPLIT_FROM = 12
"""Runs from which on they are two groups on a GPU: each pass reads all the weights anew."""


@dataclass(slots=True)
class Job:
    """Work of a thread, which waits for it.

    Attributes:
        work: what to do.
        done: its result or its error.
    """

    work: Callable[[], Any]
    done: Future[Any] = field(default_factory=Future)

    def do(self) -> None:
        """Do it."""
        try:
            result = self.work()
        except BaseException as error:  # why: it belongs to the thread that asked
            self.done.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            self.done.set_result(result)


class SharedPasses:
    """The port of a model, for several threads; runs that decode `together` share passes."""

    def __init__(self, backend: ModelBackend) -> None:
        """Share a backend."""
        self._backend = backend
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._callers: list[Caller[Any]] = []
        self._groups: list[Group] = [[], []]
        self._changed = Condition()
        self._waiting = 0
        self._reserved = 0
        self._server: int | None = None

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._backend.description

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> DecodingSession:
        """Start a session between two passes."""
        return self._done(lambda: self._backend.open(prompt, rules))

    def extend(self, batch: Sequence[tuple[DecodingSession, Sequence[Node]]]) -> None:
        """Feed sessions between two passes."""
        self._done(lambda: self._backend.extend(batch))

    def propose(self, batch: Sequence[tuple[DecodingSession, Reading]]) -> list[Proposal]:
        """Read the rows of each session's last pass."""
        return self._done(lambda: self._backend.propose(batch))

    def _done(self, work: Callable[[], T]) -> T:
        """Have work done by the thread that serves; here, if none does or it is this one."""
        with self._changed:
            shared = self._waiting > 0 and self._server != get_ident()
            if shared:
                self._jobs.put(job := Job(work))
        return job.done.result() if shared else work()

    def together(self, joining: Iterator[Asking[T] | None]) -> list[Future[T]]:
        """Do runs as they join, in passes that all runs under way share, until they have ended.

        `joining` gives each run, and None while there is no room for the next. Where another
        thread does runs already it does these too, and this thread goes on with them when that
        one's have ended.

        Raises:
            SessionError: while this thread taps a model's layers.
        """
        if any_taps():
            message = (
                "layers can be observed or edited for one prompt at a time, since many prompts "
                "share passes with those of other threads; use generate, stream or session"
            )
            raise SessionError(message)
        caller = Caller(joining)
        with self._taking_part():
            self._jobs.put(Job(partial(self._callers.append, caller)))
            try:
                self._serve(lambda: caller.is_over)
            except BaseException as error:  # why: Ctrl-C too; its runs hold caches
                caller.gave_up = error
                self._jobs.put(Job(partial(self._give_up, caller)))
                raise
        return caller.futures

    @contextmanager
    def serving(self) -> Iterator[Callable[[Future[Any]], None]]:
        """Take over the model's work of all threads; what it yields does it until a run is done.

        Within the block no other thread does it, so call what it yields.
        """
        with self._taking_part():
            self._reserved += 1
            try:
                yield self._serve_until_done
            finally:
                self._reserved -= 1

    def _serve_until_done(self, run: Future[Any]) -> None:
        run.add_done_callback(lambda _: self._jobs.put(Job(lambda: None)))
        self._serve(run.done, called=True)

    @contextmanager
    def _taking_part(self) -> Iterator[None]:
        """Have others' work done by whoever serves; what is left at the end is done here."""
        with self._changed:
            self._waiting += 1
        try:
            yield
        finally:
            with self._changed:
                self._waiting -= 1
                self._changed.notify_all()
                while not self._waiting and not self._jobs.empty():
                    self._jobs.get().do()

    def _give_up(self, caller: Caller[Any]) -> None:
        if caller in self._callers:
            self._callers.remove(caller)
        caller.end(caller.gave_up or GeneratorExit())

    def _serve(self, is_over: Callable[[], bool], *, called: bool = False) -> None:
        """Serve until something is over, unless another thread does or is about to."""
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: is_over() or (self._server is None and (called or not self._reserved))
                )
                if is_over():
                    return
                self._server = get_ident()
            try:
                while not is_over():
                    self._go_on()
            finally:
                with self._changed:
                    self._server = None
                    self._changed.notify_all()

    def _go_on(self) -> None:
        """Do what threads ask, let runs in, and let each group have its turn."""
        is_idle = not (any(self._groups) or self._callers)
        while is_idle or not self._jobs.empty():
            self._jobs.get().do()
            is_idle = False
        for caller in list(self._callers):
            for run in caller.let_in():
                min(self._groups, key=len).append(run)
            if caller.is_over:
                self._callers.remove(caller)
                with self._changed:
                    self._changed.notify_all()
        for group in self._turns():
            turn(group, self._backend)

    def _turns(self) -> list[Group]:
        """Return the groups, each of which shares passes: one, or two where that pays."""
        fewer, more = sorted(self._groups, key=len)
        if self.description.device == "cpu" or len(fewer) + len(more) < SPLIT_FROM:
            more += fewer
            fewer.clear()
        else:
            while len(more) > len(fewer) + 1:
                fewer.append(more.pop())
        return [group for group in self._groups if group]
