"""What a study has measured is kept as it goes, so that a study broken off goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Found = TypeVar("Found")


class Kept(Protocol[Found]):
    """Keeps what was found, by number of item, while a study goes on and perhaps beyond it."""

    @property
    def held(self) -> Mapping[int, Found]:
        """What is kept."""
        ...

    def add(self, number: int, found: Found) -> None:
        """Keep one more, so that it is there even if the next never comes.

        Raises:
            OutputError: if it cannot be kept.
        """
        ...


class InMemory(Generic[Found]):
    """Keeps what was found while the process goes on.

    Attributes:
        held: what is kept.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self.held: dict[int, Found] = {}

    def add(self, number: int, found: Found) -> None:
        """Keep one more."""
        self.held[number] = found


def each(
    count: int, measure: Callable[[int], Found], kept: Kept[Found] | None = None
) -> Iterator[Found]:
    """Yield what every item from 0 on gives, in order; what is kept is not measured again.

    Items must not depend on one another. Whoever stops between two loses nothing.

    Raises:
        OutputError: if something cannot be kept.
    """
    for number in range(count):
        if kept is not None and number in kept.held:
            yield kept.held[number]
            continue
        found = measure(number)
        if kept is not None:
            kept.add(number, found)
        yield found
