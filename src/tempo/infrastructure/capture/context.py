"""How much, and how narrowly, rows attend to what came before their own step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.infrastructure.capture.plan import CapturePlan


def context_traits(
    plan: CapturePlan, recent: Sequence[Tensor], weights: Tensor, own: Sequence[int]
) -> Tensor:
    """Return [2, rows]: the largest attention to an earlier token in the last layer; the focus.

    `recent` are the last layers' [row, extent], each the mean over the heads that are held here.
    """
    later = torch.tensor(own, device=weights.device)
    unseen = (weights <= 0).index_fill(1, later, True)  # noqa: FBT003 - a value of the mask
    layers = plan.over_all_heads(torch.stack(list(recent)))
    largest = layers[-1].masked_fill(unseen, 0.0).amax(1)
    shares = layers.mean(0).masked_fill(unseen, 0.0)
    shares = shares / shares.sum(1, keepdim=True).clamp_min(torch.finfo(shares.dtype).tiny)
    seen = (~unseen).sum(1)
    spread = torch.special.entr(shares).sum(1) / seen.clamp_min(2).log()
    return torch.stack([largest, 1.0 - spread]).clamp(0.0, 1.0)
