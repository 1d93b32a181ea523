"""Which rows of a cache saw one path alone, as if the path had been the prompt's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tempo.domain.node import Node
    from tempo.domain.tokens import Slot


class PathRows:
    """Follows what is fed, and tells the rows whose keys and values are those of plain text.

    Such a row saw the prompt, itself, and its ancestors in full; it saw nothing else, and its
    ancestors' rows are such rows too. Under the rule `path` all rows are, under others those
    before the first step of several tokens: later ones saw several hypotheses at once.
    """

    def __init__(self) -> None:
        """Start behind the prompt."""
        self._parents: dict[Slot, Slot | None] = {}
        self._last: dict[Slot, frozenset[Slot]] = {}
        self._dimmed: set[Slot] = set()

    @property
    def parents(self) -> Mapping[Slot, Slot | None]:
        """The slot before each such row's, None behind the prompt; rows that left among them."""
        return self._parents

    def commit(self, slots: Sequence[Slot]) -> None:
        """Take rows that were fed as one path, from the prompt on."""
        for parent, slot in zip([None, *slots], slots, strict=False):
            self._parents[slot] = parent

    def dim(self, slots: Iterable[Slot]) -> None:
        """Note that later rows see slots at another weight."""
        self._dimmed.update(slots)

    def forget_from(self, first: Slot) -> None:
        """Forget the rows from a slot on, whose names may be given anew."""
        self._parents = {slot: one for slot, one in self._parents.items() if slot < first}
        self._last = {slot: view for slot, view in self._last.items() if slot < first}

    def feed(self, nodes: Sequence[Node]) -> None:
        """Take the nodes of a pass."""
        seen = {node.slot: self._seen(node) for node in nodes}
        for slot, view in seen.items():
            parent = max(view, default=None) if view is not None else None
            if view is None or (parent is not None and view != self._path_to(parent)):
                self._parents.pop(slot, None)
            else:
                self._parents[slot] = parent
        self._last = {slot: view for slot, view in seen.items() if view is not None}

    def _seen(self, node: Node) -> frozenset[Slot] | None:
        """Return the slots that a node sees beside itself, None if some not in full."""
        view: frozenset[Slot] | None = frozenset()
        for slot, share in node.inherits:
            if share != 1.0 or len(node.inherits) > 1 or slot not in self._parents:
                return None
            view = self._path_to(slot)
        if view is None or any(weight not in {0.0, 1.0} for _, weight in node.weights):
            return None
        view -= {slot for slot, weight in node.weights if weight == 0.0}
        view |= {slot for slot, weight in node.weights if weight == 1.0}
        sees_parent = all(slot in view for slot, _ in node.inherits)
        return view if sees_parent and not view & self._dimmed else None

    def _path_to(self, slot: Slot) -> frozenset[Slot] | None:
        """Return a path's slots up to one, which is such a row; None if it is not."""
        if slot in self._last and slot in self._parents:
            return self._last[slot] | {slot}
        found: set[Slot] = set()
        one: Slot | None = slot
        while one is not None:
            if one not in self._parents:
                return None
            found.add(one)
            one = self._parents[one]
        return frozenset(found)
