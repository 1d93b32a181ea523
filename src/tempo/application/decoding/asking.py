"""What a run asks of the model between two pieces of its own work.

A run is a generator: it yields what it asks and is sent the answer. Whoever decodes one prompt
answers at once. Whoever decodes many gathers what all of them ask and answers it in one pass, in
one thread: handing a pass over between threads costs more than a step's own work.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.proposal import Reading

T = TypeVar("T")
E = TypeVar("E")


class Feed(NamedTuple):
    """Nodes to feed to a session; the answer is None."""

    session: DecodingSession
    nodes: Sequence[Node]


class Read(NamedTuple):
    """A reading of a session's last pass; the answer is its `Proposal`."""

    session: DecodingSession
    reading: Reading


Ask = Feed | Read

Asking = Generator[Ask, Any, T]
"""Yields what it asks, is sent each answer, or thrown the error that came of it, and returns."""

Unfolding = Generator[E | Ask, Any, None]
"""The same, and tells events on its way; whatever is sent after an event is not looked at."""


def answered(asking: Asking[T], backend: ModelBackend) -> T:
    """Answer all that is asked at once; return what is returned."""
    go_on, answer = asking.send, None
    while True:
        try:
            ask = go_on(answer)
        except StopIteration as stop:
            returned: T = stop.value
            return returned
        go_on, answer = _answer(ask, asking, backend)


def events_of(unfolding: Unfolding[E], backend: ModelBackend) -> Generator[E]:
    """Answer all that is asked at once; yield what is told, and end it when closed."""
    with closing(unfolding):
        go_on, answer = unfolding.send, None
        while True:
            try:
                told = go_on(answer)
            except StopIteration:
                return
            if isinstance(told, (Feed, Read)):
                go_on, answer = _answer(told, unfolding, backend)
            else:
                yield told
                go_on, answer = unfolding.send, None


def followed(unfolding: Unfolding[E], tell: Callable[[E], bool]) -> Asking[None]:
    """Pass on what is asked, and tell of each event; end it where `tell` says so, or raises."""
    with closing(unfolding):
        go_on, answer = unfolding.send, None
        while True:
            try:
                told = go_on(answer)
            except StopIteration:
                return
            go_on, answer = unfolding.send, None
            if not isinstance(told, (Feed, Read)):
                if tell(told):
                    return
                continue
            try:
                answer = yield told
            except BaseException as error:  # why: it belongs to the run, its end too  # noqa: BLE001
                go_on, answer = unfolding.throw, error


def _answer(ask: Ask, asking: Generator[Any, Any, Any], backend: ModelBackend) -> tuple[Any, Any]:
    """Return how to go on, and what with: the answer to send, or the error to throw."""
    try:
        if isinstance(ask, Read):
            return asking.send, backend.propose([ask])[0]
        backend.extend([ask])
    except BaseException as error:  # why: it belongs to the one who asked  # noqa: BLE001
        return asking.throw, error
    return asking.send, None
