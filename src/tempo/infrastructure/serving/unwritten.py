"""What is to be written and could not be yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

OVERHEAD = 100
"""What a statement takes beside its text, in characters, about."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something to write.

    Attributes:
        text: in SQL, or as the database's library has it.
        values: what its question marks stand for, or its names.
        run: the run that it is about, None for many.
        forgets: whether nothing of the run is to be kept.
        lease: under which it may be written, None where none is asked for.
        written: called once it is on the disk; it must not raise.
    """

    text: Any
    values: Sequence[Any] | Mapping[str, Any]
    run: str | None = None
    forgets: bool = False
    lease: str | None = None
    written: Callable[[], object] = lambda: None

    @property
    def size(self) -> int:
        """How many characters it holds, about."""
        values = self.values.values() if isinstance(self.values, Mapping) else self.values
        return OVERHEAD + sum(len(value) for value in values if isinstance(value, str))


class Unwritten:
    """Statements in their order, up to so many characters.

    Where there are more, the run that has waited longest is given up, with all that is still to
    come of it: half a run is none.
    """

    def __init__(self, most: int) -> None:
        """Nothing waits."""
        self._most = most
        self._statements: list[Statement] = []
        self._size = 0
        self._waiting: Counter[str] = Counter()
        self._lost: set[str] = set()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._statements)

    def __iter__(self) -> Iterator[Statement]:
        return iter(self._statements)

    def waits(self, run: str) -> bool:
        """Whether something of a run is not written yet."""
        return self._waiting[run] > 0

    def has_given_up(self, run: str) -> bool:
        """Whether no more of a run will be written."""
        return run in self._lost

    def add(self, statements: Iterable[Statement]) -> None:
        """Let statements wait."""
        for one in statements:
            if one.run is not None and one.forgets:
                self._remove(one.run)
                self._lost.discard(one.run)
            if one.run not in self._lost:
                self._append(one)
        while self._size > self._most:
            longest = next((one.run for one in self._statements if one.run is not None), None)
            if longest is None:
                return
            self.give_up(longest)

    def give_up(self, run: str) -> None:
        """Write no more of a run."""
        self._remove(run)
        self._lost.add(run)

    def clear(self) -> None:
        """Note that all is written."""
        self._statements, self._size = [], 0
        self._waiting.clear()

    def _append(self, one: Statement) -> None:
        self._statements.append(one)
        self._size += one.size
        if one.run is not None:
            self._waiting[one.run] += 1

    def _remove(self, run: str) -> None:
        self._statements = [one for one in self._statements if one.run != run]
        self._size = sum(one.size for one in self._statements)
        del self._waiting[run]
