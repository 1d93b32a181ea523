"""Attention of single layers, in full, taken down as a pass goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.huggingface.attention_watch import ATTENTION, Watched, watched

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch import Tensor

    from tempo.infrastructure.huggingface.attention_watch import Observer


class PatternRecorder:
    """Notes what the rows of a pass attend to, [head, row, extent] of the layers asked for.

    Attributes:
        layers: how many layers were seen.
        patterns: by layer, float32.
    """

    def __init__(self, layers: Collection[int], rows: int, inner: Observer | None) -> None:
        """Note some layers' attention of a pass of so many rows; `inner` is told what it was."""
        self._wanted = layers
        self._rows = rows
        self._inner = inner
        self.layers = 0
        self.patterns: dict[int, Tensor] = {}

    @classmethod
    def on(cls, mask: Tensor, layers: Collection[int]) -> tuple[Tensor, PatternRecorder]:
        """Return a mask [1, 1, rows, extent] that tells a recorder, and the recorder.

        Whom the mask told before is told as before.
        """
        inner = mask.observer if isinstance(mask, Watched) else None
        recorder = cls(layers, mask.shape[2], inner)
        return watched(mask.as_subclass(torch.Tensor), recorder), recorder

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

        query [1, head, row, head_dim] and key [1, kv_head, extent, head_dim], heads of a group in
        order; of one row the heads of a group may stand where the rows do.
        """
        attention = ATTENTION if self._inner is None else self._inner.attend
        output: Tensor = attention(query, key, value, attn_mask, *rest, scale=scale, **named)
        if self._counts():
            keys = key[0].float()
            asked = query[0].float().reshape(len(keys), -1, keys.shape[2])
            factor = query.shape[3] ** -0.5 if scale is None else scale
            scores = (asked @ keys.mT * factor).view(-1, self._rows, keys.shape[1])
            bias = attn_mask.as_subclass(torch.Tensor)[0].float()
            self.patterns[self.layers - 1] = (scores + bias).softmax(-1)
        return output

    def normalised(self, shares: Tensor) -> None:
        """Note the result of a softmax, [1, head, row, extent or more: sinks come last]."""
        if self._inner is not None:
            self._inner.normalised(shares)
        if shares.shape[-2] == self._rows and self._counts():
            self.patterns[self.layers - 1] = shares[0].float()

    def _counts(self) -> bool:
        """Count a layer; return whether its attention is asked for."""
        self.layers += 1
        return self.layers - 1 in self._wanted
