"""What was taken down of one pass, on the device, and the questions that it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.ports.attention_source import RowTraits
from tempo.infrastructure.reading.extraction import to_host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.domain.proposal import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """One pass's attention and hidden states; None where they were not asked for.

    Attributes:
        received: [entries, rows, extent] what each row gave each cache row.
        context: [2, rows] each row's largest attention to an earlier token, and its focus.
        hidden: [rows, hidden] what the model's head read.
    """

    received: Tensor | None = None
    context: Tensor | None = None
    hidden: Tensor | None = None

    def gathered(self, kept: Sequence[int]) -> Captured:
        """Return the same over moved cache rows, given the old row of each new one."""
        if self.received is None:
            return self
        seen = [row for row in kept if row < self.received.shape[2]]
        index = torch.tensor(seen, device=self.received.device)
        return replace(self, received=self.received.index_select(2, index))

    def mass(self, rows: Sequence[int], weights: Sequence[float]) -> FloatArray:
        """Return [entries, cache rows] what the rows, weighted, gave some cache rows."""
        if self.received is None or not rows:
            return np.empty((0 if self.received is None else len(self.received), 0))
        device = self.received.device
        shares = torch.tensor(weights, dtype=torch.float32, device=device)
        given = self.received.index_select(2, torch.tensor(rows, device=device))
        mass = to_host((given * shares[:, None]).sum(1))
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
