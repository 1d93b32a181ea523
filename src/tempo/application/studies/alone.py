"""One item of a study by itself, as a worker measures it: all others count as kept."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class AllBut(Mapping[Key, Any]):
    """Says of every key but one that it is there.

    Attributes:
        wanted: the one that is not.
    """

    def __init__(self) -> None:
        """Want nothing yet."""
        self.wanted: Key | None = None

    def __contains__(self, key: object) -> bool:
        return key != self.wanted

    def __getitem__(self, key: Key) -> None:
        """Return nothing: whoever asks for one item looks at no other."""
        if key == self.wanted:
            raise KeyError(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Alone(Generic[Key, Found]):
    """Stands where a study keeps what it found, and has it find one thing.

    Attributes:
        held: all but that.
    """

    def __init__(self) -> None:
        """Have nothing found yet."""
        self.held: AllBut[Key] = AllBut()
        self._found: list[Found] = []

    def add(self, _key: Key, found: Found) -> None:
        """Take what was found."""
        self._found.append(found)

    def found(self, wanted: Key, study: Callable[[], Iterable[object]]) -> Found:
        """Return what a study that keeps its findings here finds of one item.

        Raises:
            KeyError: if it has no such item.
        """
        self.held.wanted, self._found = wanted, []
        for _ in study():
            if self._found:
                return self._found[0]
        raise KeyError(wanted)
