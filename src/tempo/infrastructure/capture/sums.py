"""Attention received, from the sums that the fast attention leaves behind.

The fused kernel that computes a pass's output knows, for each row and head, the logarithm of the
sum over all keys that its softmax divides by (Dao et al. 2022, section 3.1). With it the share of
any one key is a product away, and nothing has to be computed for all the others. PyTorch's kernel
for processors gives these sums where it is called by its own name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from torch import Tensor

    from tempo.infrastructure.capture.captured import KeyStore
    from tempo.infrastructure.capture.plan import CapturePlan

attention_with_sums = torch._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001
"""Scaled dot product attention as PyTorch computes it on processors, and the logarithms of sums."""


@dataclass(frozen=True, slots=True, eq=False)
class SummedPass:
    """What one pass's layers left behind, from the plan's first on.

    Attributes:
        plan: what counts.
        queries: [1, head, query, head_dim] of each layer; for one query the heads of a group may
            stand where the queries do.
        sums: [1, head, query] of each layer, natural logarithms.
        mask: [1, 1, query, extent] what all layers add to the scores; on the host.
        scale: the factor on scores; None is one over the root of head_dim.
        rows: how many of the pass's last queries count.
    """

    plan: CapturePlan
    queries: list[Tensor]
    sums: list[Tensor]
    mask: Tensor
    scale: float | None
    rows: int

    @property
    def entries(self) -> int:
        """How many weightings of the layers there are."""
        return len(self.plan.received)

    def gathered(self, kept: Sequence[int]) -> Self:
        """Return the same over moved cache rows, given the old row of each new one."""
        seen = torch.tensor([row for row in kept if row < self.mask.shape[3]])
        return replace(self, mask=self.mask.index_select(3, seen))

    def given(self, rows: Sequence[int], cache: KeyStore) -> Tensor:
        """Return [entries, rows, slots] what each row gave some rows of the pass's cache."""
        index, fed = torch.tensor(rows), self.mask.shape[2]
        queries, sums = torch.cat(self.queries), torch.cat(self.sums)
        heads = queries.shape[1] * queries.shape[2] // fed
        queries = queries.view(len(queries), heads, fed, -1)[:, :, -self.rows :]
        sums = sums.view(len(sums), heads, fed)[:, :, -self.rows :]
        keys = cache.keys_at(index.to(queries.device), self.plan.first)
        bias = self.mask[0, 0, -self.rows :].index_select(1, index).to(queries.device)
        shares = shares_of(queries, sums, keys, bias, self.scale)
        weights = self.plan.spread(self.plan.first, len(queries), heads, queries.device)
        given = (weights @ shares.view(weights.shape[1], -1)).view(-1, self.rows, len(rows))
        return self.plan.over_all_heads(given)


def shares_of(
    queries: Tensor, sums: Tensor, keys: Tensor, bias: Tensor, scale: float | None = None
) -> Tensor:
    """Return [layer, head, row, slot] the share that each row gives each slot, float32.

    Of queries [layer, head, row, head_dim], the logarithms of the sums that their softmax divides
    by [layer, head, row], keys [layer, kv_head, slot, head_dim] and what is added to all scores
    [row, slot].
    """
    layers, heads, rows, width = queries.shape
    kv_heads, slots = keys.shape[1:3]
    shares = torch.baddbmm(
        bias.float().repeat(heads // kv_heads, 1) - sums.reshape(layers * kv_heads, -1, 1),
        queries.float().reshape(layers * kv_heads, -1, width),
        keys.float().flatten(0, 1).mT,
        alpha=width**-0.5 if scale is None else scale,
    ).exp_()
    return shares.view(layers, heads, rows, slots)
