"""What each row sees, as an explicit additive mask.

Here a token becomes invisible to its sibling: a weight of 0 is a bias of minus infinity.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.domain.node import Node
    from tempo.domain.tokens import Slot


def mask_dtype(model: PreTrainedModel) -> torch.dtype:
    """Return the type in which a model's attention takes an additive mask.

    float32 wherever it can be: rounding the bias to bfloat16 misweights lineage by about 1 %. Some
    kernels of scaled dot product attention insist on the type of the queries; one tiny call tells.
    To float64 queries a processor's kernel adds a float32 mask as if it were float64, without a
    word; kernels of other devices take a float32 mask of 16-bit queries and misread it, too.
    """
    if model.dtype == torch.float64:
        return torch.float64
    if model.config._attn_implementation != "eager" and model.device.type != "cpu":  # noqa: SLF001 - as below
        return model.dtype
    if model.dtype == torch.float32 or model.config._attn_implementation == "eager":  # noqa: SLF001 - transformers has no public name for it
        return torch.float32
    states = torch.zeros(1, 1, 2, 16, dtype=model.dtype, device=model.device)
    mask = torch.zeros(1, 1, 2, 2, device=model.device)
    try:
        functional.scaled_dot_product_attention(states, states, states, attn_mask=mask)
    except RuntimeError:
        return model.dtype
    return torch.float32


def causal_bias(first: int, count: int, device: torch.device) -> Tensor:
    """Return [1, 1, count, first + count]: each prompt token sees those up to itself."""
    keys = torch.arange(first + count, device=device)
    queries = keys[first:, None]
    bias = torch.zeros(count, first + count, device=device)
    return bias.masked_fill(keys > queries, -torch.inf)[None, None]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Attention weights of the last pass's rows over the cache's rows.

    Attributes:
        weights: [rows, extent] float32; 1 sees fully, 0 not at all.
        numbers: the row of `weights` that belongs to each slot of the last pass.
    """

    weights: Tensor
    numbers: Mapping[Slot, int]

    @classmethod
    def of_prompt(cls, length: int, device: torch.device) -> Views:
        """Return the view of a prompt's last token: all of the prompt."""
        return cls(torch.ones(1, length, device=device), {})

    @property
    def bias(self) -> Tensor:
        """[1, 1, rows, extent] the additive mask: the weights' logarithms."""
        return self.weights.log()[None, None]

    def extended(
        self, nodes: Sequence[Node], rows: Mapping[Slot, int], extent: int, prompt_length: int
    ) -> Views:
        """Return the views of a pass's nodes; `rows` holds every slot's cache row."""
        device = self.weights.device
        if all(map(_is_path, nodes)):
            return self._paths(nodes, rows, extent, prompt_length)
        before = len(self.weights)
        numbers = {node.slot: before + index for index, node in enumerate(nodes)}
        known = {**self.numbers, **numbers}
        table = torch.zeros(before + len(nodes), extent, device=device)
        table[:before, : self.weights.shape[1]] = self.weights
        for _, level in groupby(_by_level(nodes), key=lambda leveled: leveled[0]):
            indices = [index for _, index in level]
            members = [nodes[index] for index in indices]
            targets = torch.tensor([before + index for index in indices], device=device)
            seen = _inherited(table, members, known)
            seen[:, :prompt_length] = 1.0
            _override(seen, members, rows)
            table[targets] = seen
        return Views(table[before:], {node.slot: index for index, node in enumerate(nodes)})

    def _paths(
        self, nodes: Sequence[Node], rows: Mapping[Slot, int], extent: int, prompt_length: int
    ) -> Views:
        """Return the views of nodes that each go on one path: a trie, in one upload.

        Each sees what the root of its path saw or names, and the path's nodes of this pass.
        """
        device = self.weights.device
        numbers = {node.slot: index for index, node in enumerate(nodes)}
        roots = np.full(len(nodes), len(self.weights))  # one row more: a root without parent
        inside = np.zeros((len(nodes), extent), dtype=np.float32)
        for index, node in enumerate(nodes):
            for parent, _ in node.inherits:
                if parent in numbers:
                    roots[index] = roots[numbers[parent]]
                    inside[index] = inside[numbers[parent]]
                else:
                    roots[index] = self.numbers[parent]
            for slot, weight in node.weights:
                inside[index, rows[slot]] = weight
            inside[index, rows[node.slot]] = 1.0
        known = torch.zeros(len(self.weights) + 1, extent, device=device)
        known[:-1, : self.weights.shape[1]] = self.weights
        known[:, :prompt_length] = 1.0
        seen = known[torch.from_numpy(roots).to(device)]
        return Views(seen.maximum(torch.from_numpy(inside).to(device)), numbers)

    def attenuated(self, factors: Mapping[int, float]) -> Views:
        """Return views that see some cache rows at a part, or a multiple, of their weight."""
        if not factors:
            return self
        scale = np.ones(self.weights.shape[1], dtype=np.float32)
        scale[list(factors)] = list(factors.values())
        return Views(self.weights * torch.from_numpy(scale).to(self.weights.device), self.numbers)

    def without(self, rows: Sequence[int]) -> Views:
        """Return views that do not see some cache rows; those behind the extent none sees."""
        weights = self.weights.clone()
        weights[:, [row for row in rows if row < weights.shape[1]]] = 0.0
        return Views(weights, self.numbers)

    def gathered(self, kept: Sequence[int]) -> Views:
        """Return views over moved cache rows, given the old row of each new one."""
        seen = [row for row in kept if row < self.weights.shape[1]]
        index = torch.tensor(seen, device=self.weights.device)
        return Views(self.weights.index_select(1, index), self.numbers)


def _is_path(node: Node) -> bool:
    """Whether a node sees what one parent saw and itself, or itself and the slots that it names."""
    if not node.inherits:
        return True
    return len(node.inherits) == 1 and node.inherits[0][1] == 1.0 and not node.weights


def _by_level(nodes: Sequence[Node]) -> list[tuple[int, int]]:
    """Return (level, index) of each node, sorted; a child of the same pass is a level deeper."""
    levels: dict[Slot, int] = {}
    for node in nodes:
        above = [levels[parent] for parent, _ in node.inherits if parent in levels]
        levels[node.slot] = 1 + max(above, default=-1)
    return sorted((levels[node.slot], index) for index, node in enumerate(nodes))


def _inherited(table: Tensor, nodes: Sequence[Node], known: Mapping[Slot, int]) -> Tensor:
    """Return [nodes, extent] the weighted mean of what each node's parents saw."""
    parents = [[(known[slot], share) for slot, share in node.inherits] for node in nodes]
    if all(len(views) == 1 and views[0][1] == 1.0 for views in parents):
        return table[torch.tensor([views[0][0] for views in parents], device=table.device)]
    shares = torch.zeros(len(nodes), len(table))
    for index, views in enumerate(parents):
        for number, share in views:
            shares[index, number] += share
    return shares.to(table.device) @ table


def _override(seen: Tensor, nodes: Sequence[Node], rows: Mapping[Slot, int]) -> None:
    """Set the weights that nodes name, and let each node see itself."""
    at: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for index, node in enumerate(nodes):
        for slot, weight in node.weights:
            at.append(index)
            columns.append(rows[slot])
            values.append(weight)
        at.append(index)
        columns.append(rows[node.slot])
        values.append(1.0)
    places = torch.tensor([at, columns], device=seen.device)
    seen[places[0], places[1]] = torch.tensor(values, device=seen.device)
