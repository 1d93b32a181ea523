"""What has been added to a layer's matrices: rank-one terms, kept apart from the weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.application.studies.consolidation.update import Matrix


@dataclass(frozen=True, slots=True)
class Turn:
    """An isometry drawn for each document: coordinates in another order, half of the signs turned.

    Directions become others; lengths, and angles between them, stay what they are.

    Attributes:
        order: [document, size] which coordinate goes where.
        signs: [document, size] 1 or -1.
    """

    order: Tensor
    signs: Tensor

    @classmethod
    def drawn(cls, draws: Sequence[np.random.Generator], size: int, device: torch.device) -> Turn:
        """Draw one for each document, by its own generator."""
        order = np.stack([draw.permutation(size) for draw in draws])
        signs = np.stack([draw.choice([-1.0, 1.0], size) for draw in draws])
        return cls(
            torch.as_tensor(order, device=device), torch.as_tensor(signs, device=device).float()
        )

    def of(self, rows: Tensor) -> Tensor:
        """Return rows [document, row, size] turned."""
        order = self.order[:, None].expand(-1, rows.shape[1], -1)
        return rows.gather(2, order) * self.signs[:, None]


@dataclass(slots=True)
class Changes:
    """The change of one matrix in every document, as float32 factors.

    Weights are never written to, so that taking a term back leaves exactly what was there before.

    Attributes:
        outputs: [document, term, out] with the term's scale in it.
        inputs: [document, term, in].
        turns: what outputs and inputs go through first; None for nothing.
    """

    outputs: Tensor
    inputs: Tensor
    turns: tuple[Turn, ...] | None = None

    @classmethod
    def none(cls, documents: int, sizes: tuple[int, int], device: torch.device) -> Changes:
        """Return no change of matrices [out, in]."""
        outputs, inputs = (torch.zeros(documents, 0, size, device=device) for size in sizes)
        return cls(outputs, inputs)

    def add(self, outputs: Tensor, inputs: Tensor) -> None:
        """Add terms: [document, new, out] times [document, new, in]."""
        if self.turns is not None:
            outputs, inputs = self.turns[0].of(outputs), self.turns[1].of(inputs)
        self.outputs = torch.cat([self.outputs, outputs], dim=1)
        self.inputs = torch.cat([self.inputs, inputs], dim=1)

    def drop(self, count: int) -> None:
        """Take the last terms back."""
        kept = self.outputs.shape[1] - count
        self.outputs, self.inputs = self.outputs[:, :kept], self.inputs[:, :kept]

    def of(self, rows: Tensor) -> Tensor:
        """Return [document, row, out] what the changes add to a product of rows [.., in]."""
        return (rows @ self.inputs.mT) @ self.outputs

    def squared(self) -> Tensor:
        """Return [document] the squared Frobenius norm of the changes, from products of factors."""
        across = (self.outputs @ self.outputs.mT) * (self.inputs @ self.inputs.mT)
        return across.sum(dim=(1, 2))


@dataclass(slots=True)
class LayerMemory:
    """What one layer keeps of every document.

    Attributes:
        keys: [document, kv_head, slot, head_dim] of live tokens, rotated.
        values: the same, not rotated.
        banked_keys: those of tokens that left, if there is a bank.
        banked_values: the same.
        fed: by matrix, [document, slot, in] what live tokens fed it.
        given: by matrix, [document, slot, out] what it gave for them, before any rotation.
        changes: by matrix, what has been added to it.
    """

    keys: Tensor
    values: Tensor
    banked_keys: Tensor
    banked_values: Tensor
    fed: dict[Matrix, Tensor] = field(default_factory=dict)
    given: dict[Matrix, Tensor] = field(default_factory=dict)
    changes: dict[Matrix, Changes] = field(default_factory=dict)

    @classmethod
    def empty(cls, shape: tuple[int, int, int], device: torch.device) -> LayerMemory:
        """Return that of nothing; the shape is documents, kv_heads, head_dim."""
        documents, heads, size = shape
        one, two, three, four = torch.zeros(4, documents, heads, 0, size, device=device)
        return cls(one, two, three, four)

    def changed(self, matrix: Matrix, rows: Tensor, product: Tensor) -> Tensor:
        """Return a matrix's product of rows with the changes in it, and remember both."""
        if matrix not in self.changes:
            return product
        product = product + self.changes[matrix].of(rows)
        for kept, new in ((self.fed, rows), (self.given, product)):
            kept[matrix] = torch.cat([kept[matrix], new], dim=1) if matrix in kept else new
        return product

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add new tokens, and return all keys and values: the bank's, then the live ones'."""
        self.keys = torch.cat([self.keys, keys], dim=2)
        self.values = torch.cat([self.values, values], dim=2)
        return (
            torch.cat([self.banked_keys, self.keys], dim=2),
            torch.cat([self.banked_values, self.values], dim=2),
        )

    def bank(self, leaving: Tensor) -> None:
        """Copy keys and values [document, leaving] of live slots to the bank."""
        self.banked_keys = torch.cat([self.banked_keys, _picked(self.keys, leaving)], dim=2)
        self.banked_values = torch.cat([self.banked_values, _picked(self.values, leaving)], dim=2)

    def keep(self, staying: Tensor) -> None:
        """Forget all live slots but these [document, staying]."""
        self.keys, self.values = _picked(self.keys, staying), _picked(self.values, staying)
        for kept in (self.fed, self.given):
            kept.update({matrix: rows_of(rows, staying) for matrix, rows in kept.items()})


def rows_of(rows: Tensor, slots: Tensor) -> Tensor:
    """Return [document, chosen, size] of rows [document, slot, size]."""
    return rows.gather(1, slots[:, :, None].expand(-1, -1, rows.shape[2]))


def _picked(heads: Tensor, slots: Tensor) -> Tensor:
    """Return [document, kv_head, chosen, head_dim] of all slots."""
    index = slots[:, None, :, None].expand(-1, heads.shape[1], -1, heads.shape[3])
    return heads.gather(2, index)
