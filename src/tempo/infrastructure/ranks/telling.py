"""What the first process tells the others: which calls of the port to repeat on their parts."""

from __future__ import annotations

import os
import re
import signal
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any, TypeVar

from torch import distributed

from tempo.domain.errors import (
    InvalidValueError,
    ModelNotFoundError,
    OutOfStepError,
    SessionError,
    UnsupportedModelError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch.distributed import ProcessGroup

T = TypeVar("T")

PULSE = 5.0
"""Seconds without a call after which the others are told that the first process lives."""

REFUSALS = (SessionError, InvalidValueError, UnsupportedModelError, ModelNotFoundError)
"""Errors that every process comes to by itself, before it waits for any other."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the port.

    Attributes:
        verb: what is done.
        arguments: with what; sessions and marks by their numbers.
    """

    verb: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What is told at once.

    Attributes:
        before: how the last call of the message before ended: an error's name, or nothing.
        calls: to be repeated, in their order; the first process does the last one itself now.
    """

    before: str
    calls: tuple[Call, ...]


PLACES = re.compile(r"^\[\S+:\d+\] ")
GUESSES = re.compile(r"\. This is typically|: +Check the logs")
"""How gloo begins what it says of a connection that was lost, and goes on."""

END = "end"
"""The verb after which nothing is told any more."""


class Telling:
    """The first process's side: one call at a time, whichever thread makes it."""

    def __init__(self, group: ProcessGroup) -> None:
        """Tell the other processes of a group."""
        self._group = group
        self._waiting: deque[Call] = deque()
        self._lock = Lock()
        self._before = ""
        self._broken = ""
        self._spoke = True
        self._over = Event()
        Thread(target=self._pulse, name="ranks-pulse", daemon=True).start()

    def later(self, verb: str, *arguments: object) -> None:
        """Let the others repeat a call before the next one that they take part in."""
        self._waiting.append(Call(verb, arguments))

    def now(self, call: Call, work: Callable[[], T]) -> T:
        """Do a call that all take part in, and return what came of it here.

        Ctrl-C is heard after it.

        Raises:
            OutOfStepError: if the others ended, or an error left them behind.
        """
        with uninterrupted():
            return self.at_length(call, work)

    def at_length(self, call: Call, work: Callable[[], T]) -> T:
        """Do a call that takes long; Ctrl-C within it leaves the others behind.

        Raises:
            OutOfStepError: if the others ended, or an error left them behind.
        """
        with self._lock:
            self._say(call)
            try:
                return work()
            except REFUSALS as error:
                self._before = type(error).__name__
                raise
            except BaseException as error:  # why: whatever it was, the others may wait within it
                self._broken = _told(error)
                if is_lost(error):
                    raise OutOfStepError(self._told_off()) from error
                raise

    def _say(self, *calls: Call) -> None:
        if self._over.is_set():
            message = "the other processes were let go; load the model anew"
            raise OutOfStepError(message)
        if self._broken:
            raise OutOfStepError(self._told_off())
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        before, self._before, self._spoke = self._before, "", True
        try:
            distributed.broadcast_object_list(
                [Message(before, (*waiting, *calls))], group_src=0, group=self._group
            )
        except RuntimeError as error:
            self._broken = _told(error)
            raise OutOfStepError(self._told_off()) from error

    def _told_off(self) -> str:
        return (
            "the processes that hold the model together are out of step, since one of them ended "
            f"or failed ({self._broken}); start all of them again"
        )

    def _pulse(self) -> None:
        """Say something where nothing was said for a while: what waits, or nothing."""
        while not self._over.wait(PULSE):
            with self._lock:
                if self._broken or self._over.is_set():
                    return
                if not self._spoke:
                    try:
                        self._say()
                    except OutOfStepError:
                        return  # whoever calls next is told
                self._spoke = False

    def end(self) -> None:
        """Let the others go. Twice does nothing."""
        with self._lock:
            if self._over.is_set():
                return
            try:
                if not self._broken:
                    self._say(Call(END))
                    take_leave(self._group)
            except OutOfStepError:
                pass  # they have gone
            finally:
                self._over.set()


def take_leave(group: ProcessGroup) -> None:
    """Wait until all have heard the last word: a process that ends may take back what it said."""
    with suppress(RuntimeError):  # whoever does not answer any more has ended already
        distributed.barrier(group=group)


def heard(group: ProcessGroup) -> Message:
    """Return what the first process tells next.

    Raises:
        OutOfStepError: if it ended without a word.
    """
    said: list[Any] = [None]
    try:
        distributed.broadcast_object_list(said, group_src=0, group=group)
    except RuntimeError as error:
        raise ended("the first process", error) from error
    told: Message = said[0]
    return told


def ended(who: str, error: BaseException) -> OutOfStepError:
    """Return what a follower says of an error that tells of another process's end."""
    return OutOfStepError(f"{who} ended, or fell silent ({_told(error)})")


def is_lost(error: BaseException) -> bool:
    """Whether an error tells that another process does not answer."""
    return isinstance(error, distributed.DistError) or (
        isinstance(error, RuntimeError) and "gloo" in str(error)
    )


def _told(error: BaseException) -> str:
    """Return an error's kind, and what it says before it names places in sources or guesses."""
    said = PLACES.sub("", str(error).partition("\n")[0])
    return f"{type(error).__name__}: {GUESSES.split(said)[0]}"


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hear Ctrl-C after a call rather than within it, where it would leave the others behind."""
    if current_thread() is not main_thread() or signal.getsignal(signal.SIGINT) is None:
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            os.kill(os.getpid(), came[0])
