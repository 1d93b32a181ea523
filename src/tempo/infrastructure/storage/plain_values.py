"""Frozen values as JSON, and JSON as the values that it was made of."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND, ENTRIES = "is", "entries"
MAPPING = "mapping"


class PlainValues:
    """Knows some dataclasses by name; numbers, texts, tuples and mappings it knows anyway.

    Sequences come back as tuples. A mapping may have keys of any such value.
    """

    def __init__(self, *kinds: type) -> None:
        """Know these dataclasses."""
        self._kinds = {kind.__name__: kind for kind in kinds}

    def plain(self, value: object) -> Any:  # noqa: ANN401 - JSON
        """Return a value as JSON.

        Raises:
            TypeError: for one of another kind.
        """
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, (tuple, list)):
            return [self.plain(one) for one in value]
        if isinstance(value, dict):
            entries = [[self.plain(key), self.plain(one)] for key, one in value.items()]
            return {KIND: MAPPING, ENTRIES: entries}
        if is_dataclass(value) and self._kinds.get(type(value).__name__) is type(value):
            named = {one.name: self.plain(getattr(value, one.name)) for one in fields(value)}
            return {KIND: type(value).__name__, **named}
        message = f"{type(value).__name__} is none of the kinds {', '.join(self._kinds)}"
        raise TypeError(message)

    def value(self, plain: Any) -> Any:  # noqa: ANN401 - JSON in, what it was made of out
        """Return the value that JSON was made of.

        Raises:
            ValueError, KeyError, TypeError: for JSON that was made of nothing known.
        """
        if isinstance(plain, list):
            return tuple(self.value(one) for one in plain)
        if not isinstance(plain, dict):
            return plain
        if plain[KIND] == MAPPING:
            return self._mapping(plain[ENTRIES])
        named = {name: self.value(one) for name, one in plain.items() if name != KIND}
        return self._kinds[plain[KIND]](**named)

    def _mapping(self, entries: Sequence[Sequence[Any]]) -> Mapping[Any, Any]:
        return {self.value(key): self.value(one) for key, one in entries}
