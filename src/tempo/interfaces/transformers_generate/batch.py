"""Prompts of several lengths in one tensor, padded on the left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What `generate` hands over.

    Attributes:
        input_ids: [prompt, token].
        attention_mask: [prompt, token], 0 for padding; None where there is none.
        prompts: each prompt's tokens without its padding.
    """

    input_ids: Tensor
    attention_mask: Tensor | None
    prompts: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, input_ids: Tensor, attention_mask: Tensor | None) -> Batch:
        """Return a batch whose padding, all of it on the left, the mask leaves out."""
        rows = list(input_ids)
        if attention_mask is not None:
            mask = attention_mask.to(input_ids.device).bool()
            rows = [row[kept] for row, kept in zip(rows, mask, strict=True)]
        return cls(input_ids, attention_mask, tuple(tuple(row.tolist()) for row in rows))

    @property
    def length(self) -> int:
        """How many tokens each row has, padding counted."""
        return self.input_ids.shape[1]

    def continued(self, texts: Sequence[Sequence[Sequence[int]]], pad: int) -> Tensor:
        """Return [prompt * text, token] each row, padding and all, followed by each of its texts.

        Every prompt has as many texts; shorter ones are padded on the right.
        """
        flat = [list(text) for found in texts for text in found]
        longest = max(map(len, flat))
        ids = self.input_ids
        padded = [text + [pad] * (longest - len(text)) for text in flat]
        added = torch.tensor(padded, dtype=ids.dtype, device=ids.device)
        rows = ids.repeat_interleave(len(texts[0]), dim=0)
        return torch.cat([rows, added.reshape(len(flat), longest)], dim=1)
