"""How often items were begun and not ended: what tells an item that ends its workers."""

from __future__ import annotations

from typing import Any, Protocol


class Tally(Protocol):
    """Counts beginnings without an end, whichever worker they were made by."""

    def begun(self, item: str) -> int:
        """Note that an item is begun; return how often it was before, without an end."""
        ...

    def ended(self, item: str) -> None:
        """Note that an item has ended."""
        ...


class Beginnings:
    """The tally itself: in an actor of its own, so that it outlives the workers."""

    def __init__(self) -> None:
        """Count from nothing."""
        self._open: dict[str, int] = {}

    def begun(self, item: str) -> int:
        """Note that an item is begun; return how often it was before, without an end."""
        before = self._open.get(item, 0)
        self._open[item] = before + 1
        return before

    def ended(self, item: str) -> None:
        """Note that an item has ended."""
        self._open.pop(item, None)


class SharedTally:
    """The tally of all workers of a cluster, as one of them reaches it."""

    def __init__(self, actor: Any) -> None:  # noqa: ANN401 - a handle of Ray's
        """Ask an actor that holds `Beginnings`."""
        self._actor = actor

    def begun(self, item: str) -> int:
        """Ask, and wait: the count must stand before the item is touched."""
        import ray  # noqa: PLC0415 - optional, and there where this runs

        found: int = ray.get(self._actor.begun.remote(item))
        return found

    def ended(self, item: str) -> None:
        """Tell, and do not wait."""
        self._actor.ended.remote(item)
