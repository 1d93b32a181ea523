"""A piece of work, what does it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterable

Plain = Any
"""What JSON holds: every number comes back as it was, however far it travelled."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """What one answer is asked for.

    Attributes:
        id: tells it from the others, the same in every process that asks for it.
        payload: what is asked, as JSON holds it.
    """

    id: str
    payload: Plain


@dataclass(frozen=True, slots=True)
class Finished:
    """An item that was done.

    Attributes:
        id: of the item.
        result: what came of it, as JSON holds it.
    """

    id: str
    result: Plain


@dataclass(frozen=True, slots=True)
class Failed:
    """An item that was given up.

    Attributes:
        id: of the item.
        reason: of the last attempt's failure, in one sentence.
        attempts: how often it was tried.
    """

    id: str
    reason: str
    attempts: int


Done = Finished | Failed


class Worker(Protocol):
    """What has everything open that its work needs, a model above all."""

    def do(self, payload: Plain) -> Plain:
        """Return what comes of a payload, the same whoever does it and whatever was done before.

        Raises:
            TempoError: if nothing does; other exceptions are failures too.
        """
        ...


class Work(Protocol):
    """Says what a worker opens once, and can be pickled: it travels to where the worker is."""

    def open(self) -> Worker:
        """Open what the work needs.

        Raises:
            TempoError: if it cannot be opened here.
        """
        ...


def require_different(items: Iterable[WorkItem]) -> tuple[WorkItem, ...]:
    """Return the items.

    Raises:
        InvalidValueError: if two of them have the same id.
    """
    found = tuple(items)
    seen: set[str] = set()
    for item in found:
        if item.id in seen:
            message = f"the item {item.id!r} is there twice; give each an id of its own"
            raise InvalidValueError(message)
        seen.add(item.id)
    return found
