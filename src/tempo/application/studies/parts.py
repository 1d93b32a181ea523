"""A part of a study's items, for one of several processes that share its folder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tempo.domain.errors import InvalidValueError

WRITTEN = re.compile(r"(\d{1,6})/(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Part:
    """Every so many items, from one on.

    Attributes:
        number: which part, from 1 to `of`.
        of: how many parts there are.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        """Refuse a part that is not among them."""
        if not 1 <= self.number <= self.of:
            last = f"{self.of}/{self.of}"
            message = f"the part is {self.number}/{self.of}; give one from 1/{self.of} to {last}"
            raise InvalidValueError(message)

    def holds(self, item: int) -> bool:
        """Whether an item, by its number from 0 on, belongs to this part."""
        return item % self.of == self.number - 1


WHOLE = Part(1, 1)


def part_of(text: str) -> Part:
    """Return the part that a text such as `3/16` names.

    Raises:
        InvalidValueError: for another text, or a part that is not among them.
    """
    match = WRITTEN.fullmatch(text.strip())
    if match is None or not int(match[2]):
        message = f"the part is {text!r}; give its number and how many there are, such as 3/16"
        raise InvalidValueError(message)
    return Part(int(match[1]), int(match[2]))
