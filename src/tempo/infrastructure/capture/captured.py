"""What was taken down of one pass, on the device, and the questions that it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from tempo.domain.ports.attention_source import RowTraits
from tempo.infrastructure.reading.extraction import to_host

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from torch import Tensor

    from tempo.domain.proposal import FloatArray


class KeyStore(Protocol):
    """A cache that tells the keys it holds."""

    def keys_at(self, rows: Tensor, first: int) -> Tensor:
        """Return [layer, kv_head, rows, head_dim] the keys of some rows, from layer `first` on."""
        ...


class Received(Protocol):
    """What the rows of one pass gave the cache rows."""

    @property
    def entries(self) -> int:
        """How many weightings of the layers there are."""
        ...

    def gathered(self, kept: Sequence[int]) -> Self:
        """Return the same over moved cache rows, given the old row of each new one."""
        ...

    def given(self, rows: Sequence[int], cache: KeyStore) -> Tensor:
        """Return [entries, rows, slots] what each row gave some rows of the pass's cache."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """What was given, in full.

    Attributes:
        table: [entries, rows, extent] what each row gave each cache row.
    """

    table: Tensor

    @property
    def entries(self) -> int:
        """How many weightings of the layers there are."""
        return len(self.table)

    def gathered(self, kept: Sequence[int]) -> Self:
        """Return the same over moved cache rows, given the old row of each new one."""
        seen = [row for row in kept if row < self.table.shape[2]]
        return replace(self, table=self._at(seen))

    def given(self, rows: Sequence[int], cache: KeyStore) -> Tensor:  # noqa: ARG002 - all is known
        """Return [entries, rows, slots] what each row gave some cache rows."""
        return self._at(rows)

    def _at(self, rows: Sequence[int]) -> Tensor:
        return self.table.index_select(2, torch.tensor(rows, device=self.table.device))


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """One pass's attention and hidden states; None where they were not asked for.

    Attributes:
        received: what each row gave each cache row.
        context: [2, rows] each row's largest attention to an earlier token, and its focus.
        hidden: [rows, hidden] what the model's head read.
    """

    received: Received | None = None
    context: Tensor | None = None
    hidden: Tensor | None = None

    def gathered(self, kept: Sequence[int]) -> Captured:
        """Return the same over moved cache rows, given the old row of each new one."""
        if self.received is None:
            return self
        return replace(self, received=self.received.gathered(kept))

    def mass(self, rows: Sequence[int], weights: Sequence[float], cache: KeyStore) -> FloatArray:
        """Return [entries, cache rows] what the rows, weighted, gave some cache rows."""
        if self.received is None or not rows:
            return np.empty((0 if self.received is None else self.received.entries, 0))
        given = self.received.given(rows, cache)
        if given.device.type == "cpu":  # a tenth of the time that the same takes in tensors
            mass: FloatArray = np.matmul(np.array(weights), given.numpy())
        else:
            shares = torch.tensor(weights, dtype=torch.float32, device=given.device)
            mass = to_host(shares @ given)
        return np.minimum(mass, 1.0)  # rounding may leave 1 by a little

    def traits(self) -> RowTraits:
        """Return each row's traits, with one copy to the host."""
        parts = [] if self.context is None else [*self.context]
        if self.hidden is not None:
            # Not by way of inner products, which lose small distances between long vectors.
            states = self.hidden.float()
            direct = "donot_use_mm_for_euclid_dist"
            parts.append(torch.cdist(states, states, compute_mode=direct).flatten())
        packed = to_host(torch.cat([part.to(parts[0].device) for part in parts]))
        if self.context is None:
            return RowTraits(distances=_square(packed))
        rows = self.context.shape[1]
        traits = RowTraits(attention=packed[:rows], focus=packed[rows : 2 * rows])
        if self.hidden is None:
            return traits
        return replace(traits, distances=_square(packed[2 * rows :]))


NOTHING = Captured()


def _square(flat: FloatArray) -> FloatArray:
    side = round(len(flat) ** 0.5)
    return flat.reshape(side, side)
