"""What a configuration may hold beside settings: options of commands, by name and kind."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tempo.domain.errors import InvalidValueError

TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
"""How an environment variable says true and false."""

SPREAD = "device_map"
"""The one option that may be a table."""


class Kind(StrEnum):
    """The type of an option's values, in words."""

    TEXT = "a text"
    TRUTH = "true or false"
    WHOLE = "a whole number"
    NUMBER = "a number"


@dataclass(frozen=True, slots=True)
class Key:
    """One option that a configuration may hold.

    Attributes:
        name: the option's word, with underscores.
        kind: the type of its values.
        meaning: one sentence.
        default: its value where nobody says one.
        choices: the texts that it may be, empty for any.
    """

    name: str
    kind: Kind
    meaning: str
    default: Any
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """Its values in words."""
        return (
            f"one of {', '.join(one or 'nothing' for one in self.choices)}"
            if self.choices
            else self.kind.value
        )

    def read(self, value: object) -> object:
        """Return a file's value.

        Raises:
            InvalidValueError: for a value of another type.
        """
        if self.name == SPREAD and isinstance(value, Mapping):
            return json.dumps(value)
        if not self._takes(value):
            message = f"{self.name} is {value!r}; it must be {self.allowed}"
            raise InvalidValueError(message)
        return float(value) if self.kind is Kind.NUMBER else value  # type: ignore[arg-type]

    def read_text(self, text: str) -> object:
        """Return the value that an environment variable says.

        Raises:
            InvalidValueError: for a text that says none.
        """
        try:
            value = READERS[self.kind](text)
        except (KeyError, ValueError):
            value = text
        return self.read(value)

    def _takes(self, value: object) -> bool:
        if self.choices:
            return value in self.choices
        if self.kind in {Kind.TEXT, Kind.TRUTH}:
            return isinstance(value, str if self.kind is Kind.TEXT else bool)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return isinstance(value, int) if self.kind is Kind.WHOLE else math.isfinite(value)


READERS: dict[Kind, Any] = {
    Kind.TEXT: str,
    Kind.TRUTH: lambda text: TRUTHS[text.lower()],
    Kind.WHOLE: int,
    Kind.NUMBER: float,
}
