"""Documents read in step by a model of the Llama family."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.application.studies.consolidation.consolidating_model import Fed
from tempo.application.studies.consolidation.update import Control
from tempo.domain.errors import NonFiniteLogitsError, SessionError
from tempo.infrastructure.consolidation.changes import (
    Changes,
    LayerMemory,
    Turn,
    rows_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from tempo.application.studies.consolidation.ledger import FloatArray, IntArray
    from tempo.application.studies.consolidation.update import HebbianUpdate, Matrix, MemoryBank
    from tempo.infrastructure.consolidation.llama_model import LlamaModel

SMALLEST = 1e-30
"""Norms are divided by no less, so that a term of nothing stays nothing."""


class LlamaState:
    """Live tokens, changes of weights and bank of some documents, over one model."""

    def __init__(
        self,
        model: LlamaModel,
        documents: tuple[int, ...],
        update: HebbianUpdate | None,
        bank: MemoryBank | None,
    ) -> None:
        """Open over a model; its documents are known by their numbers."""
        self._model = model
        self._update = update
        self._bank = bank
        self._fed = self._left = 0
        self._positions = torch.zeros(len(documents), 0, dtype=torch.long, device=model.device)
        shape = (len(documents), *model.heads)
        self._memories = [LayerMemory.empty(shape, model.device) for _ in range(model.layers)]
        if update is not None:
            draws = [np.random.default_rng([update.seed, one]) for one in documents]
            for layer in update.layers_of(model.layers):
                for matrix in update.matrices:
                    sizes = model.weight(layer, matrix).shape
                    changes = Changes.none(len(documents), (sizes[0], sizes[1]), model.device)
                    if update.control is Control.RANDOM:
                        changes.turns = tuple(
                            Turn.drawn(draws, size, model.device) for size in sizes
                        )
                    self._memories[layer].changes[matrix] = changes

    @torch.inference_mode()
    def feed(self, tokens: IntArray, asked: IntArray) -> Fed:
        device, rows = self._model.device, tokens.shape[1]
        top_k = None if self._bank is None else self._bank.top_k
        logits, received = self._model.run(
            torch.as_tensor(tokens, device=device), self._fed, self._memories, top_k
        )
        if not bool(torch.isfinite(logits).all()):
            raise NonFiniteLogitsError(self._fed)
        new = torch.arange(self._fed, self._fed + rows, device=device)
        self._positions = torch.cat([self._positions, new.expand(len(tokens), -1)], dim=1)
        self._fed += rows
        scores = logits.log_softmax(dim=-1)
        entropy = -(scores.exp() * scores).sum(dim=-1)
        chosen = scores.gather(2, torch.as_tensor(asked, device=device))
        return Fed(
            asked=_host(chosen),
            best=logits[:, -1].argmax(dim=-1).cpu().numpy(),
            entropy=_host(entropy),
            received=_host(received),
        )

    @torch.inference_mode()
    def evict(self, positions: IntArray, weights: FloatArray) -> None:
        device = self._model.device
        leaving, staying = self._slots(torch.as_tensor(positions, device=device))
        scale = torch.as_tensor(weights, device=device).float()
        for memory in self._memories:
            for matrix in memory.changes:
                self._consolidate(memory, matrix, leaving, scale)
            if self._bank is not None:
                memory.bank(leaving)
            memory.keep(staying)
        self._positions = self._positions.gather(1, staying)
        self._left += positions.shape[1]

    @torch.inference_mode()
    def reverse(self, count: int) -> None:
        if not 0 <= count <= self._left:
            message = f"{count} updates cannot be taken back; {self._left} tokens have left"
            raise SessionError(message)
        for _, _, changes in self._changed_matrices():
            changes.drop(count)
        self._left -= count

    @torch.inference_mode()
    def changed(self) -> FloatArray:
        found = list(self._changed_matrices())
        if not found:
            return np.zeros(len(self._positions))
        own = sum(self._model.weight(layer, matrix).square().sum() for layer, matrix, _ in found)
        squared = torch.stack([changes.squared() for _, _, changes in found]).sum(dim=0)
        return _host((squared / own).clamp(min=0).sqrt())

    def change(self, layer: int, matrix: Matrix) -> Tensor:
        """Return [document, out, in] what has been added to a matrix so far."""
        changes = self._memories[layer].changes[matrix]
        found: Tensor = changes.outputs.mT @ changes.inputs
        return found

    def _changed_matrices(self) -> Iterator[tuple[int, Matrix, Changes]]:
        for layer, memory in enumerate(self._memories):
            for matrix, changes in memory.changes.items():
                yield layer, matrix, changes

    def _slots(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the slots [document, leaving] at some positions, and those of all others."""
        leaves = (self._positions[:, :, None] == positions[:, None, :]).any(dim=2)
        if not bool((leaves.sum(dim=1) == positions.shape[1]).all()):
            message = "a position that is not live, or one twice, is to be evicted"
            raise SessionError(message)
        slots = torch.arange(leaves.shape[1], device=leaves.device).expand_as(leaves)
        count = len(leaves)
        return slots[leaves].reshape(count, -1), slots[~leaves].reshape(count, -1)

    def _consolidate(
        self, memory: LayerMemory, matrix: Matrix, leaving: Tensor, scale: Tensor
    ) -> None:
        """Add a term for each leaving token: scale [document, leaving] times outer(out, in)."""
        update = self._update
        outputs = rows_of(memory.given[matrix], leaving)
        inputs = rows_of(memory.fed[matrix], leaving)
        if update is not None and update.normalised:
            norms = outputs.norm(dim=2) * inputs.norm(dim=2)
            scale = scale / norms.clamp(min=SMALLEST)
        memory.changes[matrix].add(outputs * scale[:, :, None], inputs)


def _host(values: Tensor) -> FloatArray:
    found: FloatArray = values.cpu().double().numpy()
    return found
