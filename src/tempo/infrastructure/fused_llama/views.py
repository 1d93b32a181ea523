"""What each row sees of the rows after the prompt, as plain numbers on the host.

The prompt is seen by every row, so nothing of it is held; the rest is small: a step's share of it
goes to the device with the step's tokens, in one copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.node import Node
    from tempo.domain.tokens import Slot

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class HostViews:
    """Attention weights of the last pass's rows over the cache's rows after the prompt.

    Attributes:
        prompt: how many rows at the front of the cache are the prompt's.
        weights: [rows, extent - prompt]; 1 sees fully, 0 not at all.
        numbers: the row of `weights` that belongs to each slot of the last pass.
        unseen: columns of `weights` that no row sees any more, whatever it says there: the next
            pass's rows are made of it in any case, and leave them out.
    """

    prompt: int
    weights: Weights
    numbers: Mapping[Slot, int]
    unseen: tuple[int, ...] = ()

    @property
    def _of_last(self) -> Weights:
        """What the last pass's rows see now."""
        if not self.unseen:
            return self.weights
        weights = self.weights.copy()
        weights[:, self.unseen] = 0.0
        return weights

    @classmethod
    def of_prompt(cls, length: int) -> HostViews:
        """Return the view of a prompt's last token: all of the prompt, and nothing after it."""
        return cls(length, np.zeros((1, 0), dtype=np.float32), {})

    def extended(self, nodes: Sequence[Node], rows: Mapping[Slot, int], extent: int) -> HostViews:
        """Return the views of a pass's nodes; `rows` holds every slot's cache row."""
        numbers = {node.slot: number for number, node in enumerate(nodes)}
        seen = np.zeros((len(nodes), extent - self.prompt), dtype=np.float32)
        inside = not self._chosen(nodes, seen) and self._mixed(nodes, numbers, seen)
        if self.unseen:
            seen[:, self.unseen] = 0.0
        if inside:
            for number, node in enumerate(nodes):
                for parent, share in node.inherits:
                    if parent in numbers:
                        seen[number] += np.float32(share) * seen[numbers[parent]]
                self._override(seen, [(number, node)], rows)
        else:
            self._override(seen, list(enumerate(nodes)), rows)
        return HostViews(self.prompt, seen, numbers)

    def _chosen(self, nodes: Sequence[Node], seen: Weights) -> bool:
        """Write what nodes inherit, if each goes on one row of the last pass alone: usual steps."""
        width, rows = self.weights.shape[1], []
        for node in nodes:
            if len(node.inherits) != 1:
                return False
            ((parent, share),) = node.inherits
            if share != 1.0 or parent not in self.numbers:
                return False
            rows.append(self.numbers[parent])
        seen[:, :width] = self.weights[rows]
        return True

    def _mixed(self, nodes: Sequence[Node], numbers: Mapping[Slot, int], seen: Weights) -> bool:
        """Add up what nodes inherit of the last pass; return whether some is of this pass."""
        width = self.weights.shape[1]
        inside = False
        shares = np.zeros((len(nodes), len(self.weights)), dtype=np.float32)
        for number, node in enumerate(nodes):
            for parent, share in node.inherits:
                if parent in numbers:
                    inside = True
                else:
                    shares[number, self.numbers[parent]] += share
        if _is_choice(shares):
            seen[:, :width] = self.weights[shares.argmax(1)] * shares.max(1, keepdims=True)
        elif width:
            np.matmul(shares, self.weights, out=seen[:, :width])
        return inside

    def _override(
        self, seen: Weights, nodes: Sequence[tuple[int, Node]], rows: Mapping[Slot, int]
    ) -> None:
        """Set the weights that nodes name, and let each node see itself."""
        for number, node in nodes:
            for slot, weight in node.weights:
                seen[number, rows[slot] - self.prompt] = weight
            seen[number, rows[node.slot] - self.prompt] = 1.0

    def without(self, rows: Sequence[int]) -> HostViews:
        """Return views that do not see some cache rows; those behind the extent none sees."""
        width = self.weights.shape[1]
        unseen = [row - self.prompt for row in rows if row - self.prompt < width]
        return HostViews(self.prompt, self.weights, self.numbers, (*self.unseen, *unseen))

    def gathered(self, kept: Sequence[int]) -> HostViews:
        """Return views over moved cache rows, given the old row of each new one."""
        extent = self.prompt + self.weights.shape[1]
        seen = [row - self.prompt for row in kept[self.prompt :] if row < extent]
        return HostViews(self.prompt, self._of_last[:, seen], self.numbers)

    def factored(self, factors: Mapping[Slot, float], rows: Mapping[Slot, int]) -> Weights:
        """Return the weights times the factors of attenuated slots."""
        weights = self._of_last
        if factors:
            weights = weights.copy()
            for slot, factor in factors.items():
                weights[:, rows[slot] - self.prompt] *= np.float32(factor)
        return weights


def _is_choice(shares: Weights) -> bool:
    """Whether each row goes on one view at most, the usual case of paths."""
    return bool((np.count_nonzero(shares, axis=1) <= 1).all())
