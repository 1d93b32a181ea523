"""A key-value cache that appends in place, frees rows and gathers along the sequence axis."""

from __future__ import annotations

from operator import is_not
from typing import TYPE_CHECKING

import torch
from transformers import Cache
from transformers.cache_utils import CacheLayerMixin

from tempo.infrastructure.sessions.row_plan import SMALLEST_CAPACITY, RowPlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


class RowLayer(CacheLayerMixin):
    """One layer's keys and values, [1, kv_head, capacity, head_dim], written by row."""

    is_sliding = False
    keys: Tensor
    values: Tensor

    def __init__(self, plan: RowPlan) -> None:
        """Start empty; memory is taken at the first pass."""
        super().__init__()  # type: ignore[no-untyped-call] # transformers leaves it untyped
        self.plan = plan

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Take memory for the plan's rows, in the dtype and on the device of the first states."""
        capacity = max(SMALLEST_CAPACITY, self.plan.extent)
        self.keys = _grown(key_states[:, :, :0], capacity)
        self.values = _grown(value_states[:, :, :0], capacity)
        self.is_initialized = True

    def update(
        self, key_states: Tensor, value_states: Tensor, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Write a pass's states, [1, kv_head, tokens, head_dim], and return all rows in use."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        capacity = self.keys.shape[2]
        if self.plan.extent > capacity:
            capacity = max(2 * capacity, self.plan.extent)
            self.keys, self.values = _grown(self.keys, capacity), _grown(self.values, capacity)
        self._write(self.keys, key_states)
        self._write(self.values, value_states)
        return self.keys[:, :, : self.plan.extent], self.values[:, :, : self.plan.extent]

    def _write(self, held: Tensor, states: Tensor) -> None:
        if self.plan.index is not None:
            held.index_copy_(2, self.plan.index.to(held.device), states)
        else:
            start = self.plan.rows[0]
            held[:, :, start : start + states.shape[2]] = states

    def gather(self, rows: Tensor) -> None:
        """Move rows to the front, in the order given."""
        rows = rows.to(self.keys.device)  # layers of one model may be on several devices
        self.keys[:, :, : len(rows)] = self.keys.index_select(2, rows)
        self.values[:, :, : len(rows)] = self.values.index_select(2, rows)

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return how many keys a pass of `query_length` tokens sees, and where they start."""
        return self.plan.extent + query_length, 0

    def get_seq_length(self) -> int:
        """Return one past the last row in use."""
        return self.plan.extent

    def get_max_length(self) -> int:
        """Return -1: rows grow as needed."""
        return -1


class RowCache(Cache):
    """The cache of one session (transformers' interface, our rows)."""

    def __init__(self, plan: RowPlan | None = None) -> None:
        """Start empty, or with the rows of a plan that a copy brings along."""
        self.plan = plan or RowPlan()
        self.row_layers: list[RowLayer] = []
        self._keys: Tensor | None = None
        self._shares: tuple[Tensor, ...] = ()
        super().__init__(layers=[])

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Write a pass's states of one layer and return that layer's rows in use."""
        while len(self.row_layers) <= layer_idx:
            self._add(RowLayer(self.plan))
        return self.row_layers[layer_idx].update(key_states, value_states)

    def _add(self, layer: RowLayer) -> None:
        self.row_layers.append(layer)
        self.layers.append(layer)

    def allocate(self, count: int, device: torch.device) -> list[int]:
        """Take the rows that the next pass writes."""
        rows = self.plan.allocate(count)
        if self.plan.start is None:
            self.plan.index = torch.tensor(rows, device=device)
        return rows

    def free(self, rows: Sequence[int]) -> None:
        """Give rows back; what they hold may be overwritten."""
        self.plan.free(rows)

    def compact(self) -> list[int]:
        """Move the rows in use to the front; return the old row of each new one."""
        kept = self.plan.compact()
        for layer in self.row_layers:
            layer.gather(torch.tensor(kept, device=layer.keys.device))
        return kept

    def keys_at(self, rows: Tensor, first: int) -> Tensor:
        """Return [layer, kv_head, rows, head_dim] the keys of some rows, from layer `first` on.

        All layers have keys of one shape. Their memory is put together first, once until it grows,
        since one gather costs a small model as much time as a layer's.
        """
        held = [layer.keys for layer in self.row_layers]
        if self._keys is None or any(map(is_not, held, self._shares)):
            self._keys = torch.cat(held)
            self._shares = self._keys.split(1)
            for layer, keys in zip(self.row_layers, self._shares, strict=True):
                layer.keys = keys
        return self._keys[first:].index_select(2, rows)

    def copy(self) -> RowCache:
        """Return an equal cache with memory of its own."""
        twin = RowCache(self.plan.copy())
        for layer in self.row_layers:
            copied = RowLayer(twin.plan)
            copied.keys, copied.values = layer.keys.clone(), layer.values.clone()
            copied.is_initialized = True
            twin._add(copied)
        return twin

    def gathered(self, rows: Sequence[int]) -> RowCache:
        """Return a cache of these rows alone, in their order, with memory of its own."""
        twin = RowCache(RowPlan.of(len(rows)))
        for layer in self.row_layers:
            index = torch.tensor(rows, device=layer.keys.device)
            taken = RowLayer(twin.plan)
            taken.lazy_initialization(layer.keys, layer.values)
            for held, own in ((layer.keys, taken.keys), (layer.values, taken.values)):
                own[:, :, : len(rows)] = held.index_select(2, index)
            twin._add(taken)
        return twin


def _grown(states: Tensor, capacity: int) -> Tensor:
    """Return states [1, kv_head, rows, head_dim] at the front of zeros of `capacity` rows."""
    batch, heads, rows, width = states.shape
    grown = states.new_zeros(batch, heads, capacity, width)
    grown[:, :, :rows] = states
    return grown
