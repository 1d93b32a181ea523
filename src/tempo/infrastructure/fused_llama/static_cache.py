"""All layers' keys and values of one session in two blocks of memory, reserved ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.sessions.row_plan import RowPlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.infrastructure.fused_llama.architecture import Architecture

ROOM = 64
"""Capacities are multiples of it."""


class StaticCache:
    """Keys and values, each [layer, kv_head, capacity, head_dim]; rows are never copied to append.

    What was never written is 0: a masked row must hold finite numbers, since 0 times infinity is
    no number.
    """

    def __init__(
        self, architecture: Architecture, dtype: torch.dtype, device: torch.device, capacity: int
    ) -> None:
        """Reserve memory for `capacity` rows or a few more."""
        shape = (
            architecture.layers,
            architecture.kv_heads,
            rounded(capacity),
            architecture.head_dim,
        )
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)
        self.plan = RowPlan()

    @property
    def capacity(self) -> int:
        """How many rows fit into the memory that is reserved."""
        return self.keys.shape[2]

    def allocate(self, count: int) -> list[int]:
        """Take the rows that the next pass writes; reserve twice the memory when it is full."""
        rows = self.plan.allocate(count)
        if self.plan.extent > self.capacity:
            wanted = rounded(max(2 * self.capacity, self.plan.extent))
            try:
                self.keys, self.values = _grown(self.keys, wanted), _grown(self.values, wanted)
            except BaseException:  # why: whatever it was, the rows are not there
                self.plan.free(rows)
                raise
        return rows

    def write(self, layer: int, rows: Tensor | slice, keys: Tensor, values: Tensor) -> None:
        """Write a pass's states of one layer, each [kv_head, token, head_dim], to its rows."""
        held = (self.keys[layer], self.values[layer])
        for states, fresh in zip(held, (keys, values), strict=True):
            if isinstance(rows, slice):
                states[:, rows] = fresh
            else:
                states.index_copy_(1, rows, fresh)

    def keys_at(self, rows: Tensor, first: int) -> Tensor:
        """Return [layer, kv_head, rows, head_dim] the keys of some rows, from layer `first` on."""
        return self.keys[first:].index_select(2, rows)

    def free(self, rows: Sequence[int]) -> None:
        """Give rows back; what they hold may be overwritten."""
        self.plan.free(rows)

    def compact(self) -> list[int]:
        """Move the rows in use to the front; return the old row of each new one."""
        kept = self.plan.compact()
        index = torch.tensor(kept, device=self.keys.device)
        for states in (self.keys, self.values):
            states[:, :, : len(kept)] = states.index_select(2, index)
        return kept

    def copy(self) -> StaticCache:
        """Return an equal cache with memory of its own."""
        twin = object.__new__(type(self))
        twin.keys, twin.values = self.keys.clone(), self.values.clone()
        twin.plan = self.plan.copy()
        return twin

    def gathered(self, rows: Sequence[int]) -> StaticCache:
        """Return a cache of these rows alone, in their order, with memory of its own."""
        twin = object.__new__(type(self))
        index = torch.tensor(rows, device=self.keys.device)
        capacity = rounded(len(rows))
        twin.keys = _grown(self.keys.index_select(2, index), capacity)
        twin.values = _grown(self.values.index_select(2, index), capacity)
        twin.plan = RowPlan.of(len(rows))
        return twin


def rounded(capacity: int) -> int:
    """Return a capacity as it is reserved."""
    return max(ROOM, -(-capacity // ROOM) * ROOM)


def _grown(states: Tensor, capacity: int) -> Tensor:
    layers, heads, rows, size = states.shape
    grown = states.new_zeros(layers, heads, capacity, size)
    grown[:, :, :rows] = states
    return grown
