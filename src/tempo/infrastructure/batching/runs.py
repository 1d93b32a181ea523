"""Runs that go on in turns, in one thread, and share passes."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from tempo.application.decoding.asking import Read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tempo.application.decoding.asking import Ask, Asking, Feed
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.proposal import Proposal

T = TypeVar("T")


class Run(Generic[T]):
    """A run between two answers.

    Attributes:
        ask: what it asks; None once it has ended.
        done: what it returned, or its error.
    """

    __slots__ = ("_asking", "ask", "done")

    def __init__(self, asking: Asking[T]) -> None:
        """Hold it; `answer(None)` begins it: it goes on to what it asks first."""
        self._asking = asking
        self.ask: Ask | None = None
        self.done: Future[T] = Future()

    def answer(self, answer: Proposal | None) -> None:
        """Go on to what it asks next."""
        self._go_on(self._asking.send, answer)

    def fail(self, error: BaseException) -> None:
        """Go on with an error of what it asked."""
        self._go_on(self._asking.throw, error)

    def end(self, error: BaseException) -> None:
        """End it where it stands; what it holds is let go."""
        if not self.done.done():
            with suppress(BaseException):  # why: it is the same error, or one that came of it
                self.fail(error)
        if not self.done.done():  # it went on in spite of it
            self._asking.close()
            self._leave(error)

    def _go_on(self, go_on: Callable[[Any], Ask], answer: object) -> None:
        try:
            self.ask = go_on(answer)
        except StopIteration as stop:
            self.ask = None
            self.done.set_result(stop.value)
        except Exception as error:  # why: it belongs to whoever waits for the run  # noqa: BLE001
            self._leave(error)
        except BaseException as error:  # why: whoever waits would wait for ever
            self._leave(error)
            raise

    def _leave(self, error: BaseException) -> None:
        self.ask = None
        self.done.set_exception(error)


class Caller(Generic[T]):
    """Runs of one caller, let in as they come.

    Attributes:
        futures: what each of them returned, or its error, in the order in which they came.
        gave_up: why the caller waits for them no more, if it does not.
    """

    def __init__(self, joining: Iterator[Asking[T] | None]) -> None:
        """Take runs from those that join: None says that there is no room until one has ended."""
        self._joining = joining
        self._under_way: list[Run[T]] = []
        self._has_all = False
        self._is_full = False
        self.futures: list[Future[T]] = []
        self.gave_up: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether all of its runs have ended."""
        return self._has_all and not self._under_way

    def let_in(self) -> list[Run[T]]:
        """Begin the runs for which there is room; return those that ask for something."""
        if any(run.ask is None for run in self._under_way):
            self._under_way = [run for run in self._under_way if run.ask is not None]
            self._is_full = False
        fresh: list[Run[T]] = []
        while not (self._has_all or self._is_full):
            asking = next(self._joining, self)
            if asking is self:
                self._has_all = True
            elif asking is None:
                self._is_full = True
            else:
                run = Run(cast("Asking[T]", asking))
                self.futures.append(run.done)
                run.answer(None)
                if run.ask is not None:
                    fresh.append(run)
        self._under_way += fresh
        return fresh

    def end(self, error: BaseException) -> None:
        """End all of its runs where they stand; those that have not begun never will."""
        self._has_all = True
        for run in self._under_way:
            run.end(error)
        self._under_way = []


Group = list[Run[Any]]
"""Runs that share passes."""


def turn(group: Group, backend: ModelBackend) -> None:
    """Let runs go on until all that are left have fed what they chose: readings come first."""
    while readers := [run for run in group if isinstance(run.ask, Read)]:
        _answer(readers, backend)
    group[:] = [run for run in group if run.ask is not None]
    if group:
        _answer(group, backend)


def _answer(runs: Sequence[Run[Any]], backend: ModelBackend) -> None:
    """Answer together what runs ask, all of it fed or all read; where it fails, one by one."""
    asks = [cast("Ask", run.ask) for run in runs]
    try:
        answers = _answers(asks, backend)
    except Exception as error:  # why: each is told its own  # noqa: BLE001
        if len(runs) == 1:
            runs[0].fail(error)
            return
        for run in runs:
            _answer([run], backend)
        return
    except BaseException as error:  # why: a pass that was cut off is nobody's to ask for again
        for run in runs:
            run.end(error)
        raise
    for place, (run, answer) in enumerate(zip(runs, answers, strict=True)):
        try:
            run.answer(answer)
        except BaseException as error:  # why: the others were fed, and cannot ask for it again
            for other in runs[place + 1 :]:
                other.end(error)
            raise


def _answers(asks: Sequence[Ask], backend: ModelBackend) -> Sequence[Proposal | None]:
    if isinstance(asks[0], Read):
        return backend.propose(cast("Sequence[Read]", asks))
    backend.extend(cast("Sequence[Feed]", asks))
    return [None] * len(asks)
