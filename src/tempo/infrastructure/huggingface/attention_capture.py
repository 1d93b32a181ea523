"""What a pass attends to, computed once more in full beside the attention of its output."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch

from tempo.domain.capture import LAST_LAYERS
from tempo.infrastructure.capture.captured import Shares
from tempo.infrastructure.huggingface.attention_sums import leaves_sums
from tempo.infrastructure.huggingface.attention_watch import ATTENTION, plain_tensors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.infrastructure.capture.plan import CapturePlan
    from tempo.infrastructure.huggingface.attention_sums import SumRecorder

SCORES_AT_ONCE = 2**22
"""Scores, [layer, head, row, extent], that are normalised and added up together: many small
operations become few for a small model, and a large one is reduced a layer or so at a time."""


class Kind(NamedTuple):
    """What layers have in common whose scores are normalised together."""

    query: torch.Size
    key: torch.Size
    mask: int
    scale: float | None


class Recorder:
    """The attention of one pass's last rows, reduced on the device while the pass goes on.

    Attributes:
        layers: how many layers were observed.
        recent: [row, extent] of each of the last layers, mean over heads, if the plan asks for it.
    """

    def __init__(
        self, plan: CapturePlan, mask: Tensor, rows: int, sums: SumRecorder | None = None
    ) -> None:
        """Expect a pass under a mask [1, 1, query, extent], of which the last `rows` count.

        `sums` is told of each layer too, where the attention of its output leaves sums behind.
        """
        self._plan = plan
        self._sums = sums
        self._queries, self._extent = mask.shape[-2:]
        self._rows = rows
        self._given = mask.new_zeros(len(plan.received), rows * self._extent)
        self._kind: Kind | None = None
        self._mask: Tensor | None = None
        self._bias = self._scores = mask
        self._places: Sequence[Tensor] = ()
        self._first = self._scored = 0
        self.layers = 0
        self.recent: list[Tensor] = []

    def received(self) -> Shares | None:
        """Return what was given, mean over heads, layers weighted, if the plan asks for it."""
        with plain_tensors():
            self._reduce()
        if not self._plan.received:
            return None
        given = self._plan.over_all_heads(self._given)
        return Shares(given.view(-1, self._rows, self._extent))

    def attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor,
        *rest: object,
        scale: float | None = None,
        **named: object,
    ) -> Tensor:
        """Return scaled dot product attention, and note what it was computed from.

        query [1, head, query, head_dim] and key [1, kv_head, extent, head_dim], heads of a group
        in order; for one query the heads of a group may stand where the queries do.
        """
        known = attn_mask is self._mask or attn_mask.shape[1:] == (1, self._queries, self._extent)
        bare = not (rest or any(named.values()))
        if self._sums and known and bare and leaves_sums(query, key, value, attn_mask):
            output = self._sums.attend(query, key, value, attn_mask, scale=scale)
        else:
            output = ATTENTION(query, key, value, attn_mask, *rest, scale=scale, **named)
        if known and self._counts():
            self._score(query, key, attn_mask, scale)
        return output

    def _begin(self, kind: Kind, mask: Tensor) -> None:
        """Make room for the scores of layers of one kind."""
        kv_heads, in_group = kind.key[1], kind.query[1] * kind.query[2] // kind.key[1]
        groups = in_group // self._queries
        bias = mask.squeeze(0).float()
        if self._rows < self._queries:
            bias = bias[:, -self._rows :]
        self._bias = bias if groups == 1 else bias.repeat(1, groups, 1)
        layer = (kv_heads, groups * self._rows, self._extent)
        room = max(1, SCORES_AT_ONCE // math.prod(layer))
        layers = min(room, self._plan.layers - self.layers + 1)
        self._scores = bias.new_empty(layers, *layer)
        self._places = self._scores.unbind()
        self._kind, self._mask, self._first = kind, mask, self.layers - 1

    def _score(self, query: Tensor, key: Tensor, mask: Tensor, scale: float | None) -> None:
        """Compute a layer's scores, while its keys are still near the processor."""
        kind = Kind(query.shape, key.shape, id(mask), scale)
        if kind != self._kind or self._scored == len(self._places):
            self._reduce()
            self._begin(kind, mask)
        factor = query.shape[3] ** -0.5 if scale is None else scale
        if self._rows < self._queries:
            query = query[:, :, -self._rows :]
        given, keys = query.squeeze(0).float(), key.squeeze(0).float()
        if len(given) != len(keys):
            given = given.reshape(len(keys), -1, keys.shape[2])
        torch.baddbmm(self._bias, given, keys.mT, alpha=factor, out=self._places[self._scored])
        self._scored += 1

    def normalised(self, shares: Tensor) -> None:
        """Note the result of a softmax, [1, head, query, extent or more: sinks come last]."""
        if shares.shape[-2] != self._queries or shares.shape[-1] < self._extent:
            return
        self._reduce()
        if self._counts():
            self._add(self.layers - 1, shares[:, :, -self._rows :, : self._extent].float())

    def _counts(self) -> bool:
        """Count a layer; return whether its attention counts for anything."""
        self.layers += 1
        return self._plan.first < self.layers <= self._plan.layers

    def _reduce(self) -> None:
        """Add up what is scored."""
        if self._scored:
            scores = self._scores[: self._scored]
            shares = scores.view(len(scores), -1, self._rows, self._extent).softmax(-1)
            self._add(self._first, shares)
        self._kind, self._mask, self._scored = None, None, 0

    def _add(self, first: int, shares: Tensor) -> None:
        """Add up the attention [layer, head, row, extent] of some layers from `first` on."""
        layers, heads = shares.shape[:2]
        if self._plan.received:
            weights = self._plan.spread(first, layers, heads, self._given.device)
            flat = shares.reshape(layers * heads, -1).to(weights.device)
            self._given.addmm_(weights, flat)
        recent = first + layers - max(first, self._plan.layers - LAST_LAYERS)
        if self._plan.context and recent > 0:
            self.recent += shares[-recent:].mean(1).to(self._given.device)
