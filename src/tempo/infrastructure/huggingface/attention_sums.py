"""Attention received, from the sums that the fast attention leaves behind.

The fused kernel that computes a pass's output knows, for each row and head, the logarithm of the
sum over all keys that its softmax divides by (Dao et al. 2022, section 3.1). With it the share of
any one key is a product away, and nothing has to be computed for all the others. PyTorch's kernel
for processors gives these sums where it is called by its own name. On other devices, and where a
model does more between its cache and its attention than is known here, attention is computed
again (`attention_capture`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from torch import Tensor

    from tempo.infrastructure.huggingface.capture_plan import CapturePlan
    from tempo.infrastructure.huggingface.captured import Received
    from tempo.infrastructure.huggingface.kv_cache import RowCache

FLASH = 1
"""How PyTorch numbers the fused kernel among its own."""

CLOSE = 1e-4
"""Shares that differ by less, once computed from the sums and once in full, are the same."""

COMPARED = 64
"""About as many cache rows are compared."""

attention_with_sums = torch._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001


def leaves_sums(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> bool:
    """Whether PyTorch would choose the kernel for processors, which leaves the sums."""
    if query.device.type != "cpu":
        return False
    return torch._fused_sdp_choice(query, key, value, attn_mask=mask) == FLASH  # noqa: SLF001


class SumRecorder:
    """Keeps what the layers of one pass leave behind, and does no more at each of them.

    Attributes:
        layers: how many layers were observed.
        recent: nothing; see `Recorder`.
    """

    def __init__(self, plan: CapturePlan, rows: int) -> None:
        """Expect a pass of which the last `rows` count."""
        self._plan = plan
        self._rows = rows
        self._queries: list[Tensor] = []
        self._sums: list[Tensor] = []
        self._mask: Tensor | None = None
        self._scale: float | None = None
        self.layers = 0
        self.recent: list[Tensor] = []

    def attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor,
        *,
        scale: float | None = None,
        **_: object,
    ) -> Tensor:
        """Return what scaled dot product attention returns, and keep the sums."""
        output: Tensor
        output, sums = attention_with_sums(query, key, value, attn_mask=attn_mask, scale=scale)
        if self._mask is None:
            self._mask, self._scale = attn_mask.as_subclass(torch.Tensor), scale
        self._queries.append(query)
        self._sums.append(sums)
        self.layers += 1
        return output

    def normalised(self, shares: Tensor) -> None:
        """Note nothing: whoever computes attention by a softmax leaves no sums."""

    def received(self) -> SummedPass | None:
        """Return what was left, None if there was nothing."""
        mask, first = self._mask, self._plan.first
        if mask is None:
            return None
        queries, sums = self._queries[first:], self._sums[first:]
        return SummedPass(self._plan, queries, sums, mask, self._scale, self._rows)


@dataclass(frozen=True, slots=True, eq=False)
class SummedPass:
    """What one pass's layers left behind, from the plan's first on.

    Attributes:
        plan: what counts.
        queries: [1, head, query, head_dim] of each layer; for one query the heads of a group may
            stand where the queries do.
        sums: [1, head, query] of each layer, natural logarithms.
        mask: [1, 1, query, extent] what all layers add to the scores.
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

    def given(self, rows: Sequence[int], cache: RowCache) -> Tensor:
        """Return [entries, rows, slots] what each row gave some rows of the pass's cache."""
        index, fed = torch.tensor(rows), self.mask.shape[2]
        keys = cache.keys_at(index, self.plan.first).float()
        layers, kv_heads, _, width = keys.shape
        queries, sums = torch.cat(self.queries).float(), torch.cat(self.sums)
        bias = self.mask[0].index_select(2, index).float()
        heads = queries.shape[1] * queries.shape[2] // fed
        if self.rows < fed:
            queries, sums = queries[:, :, -self.rows :], sums[:, :, -self.rows :]
            bias = bias[:, -self.rows :]
        if heads > kv_heads:
            bias = bias.repeat(1, heads // kv_heads, 1)
        shares = torch.baddbmm(
            bias - sums.reshape(layers * kv_heads, -1, 1),
            queries.reshape(layers * kv_heads, -1, width),
            keys.flatten(0, 1).mT,
            alpha=width**-0.5 if self.scale is None else self.scale,
        ).exp_()
        weights = self.plan.spread(self.plan.first, layers, heads, shares.device)
        return (weights @ shares.view(layers * heads, -1)).view(-1, self.rows, len(rows))

    def agrees(self, shares: Received, cache: RowCache) -> bool:
        """Whether the same comes out as was computed in full."""
        alike = all(query.shape == self.queries[0].shape for query in self.queries)
        if not alike or len(self.queries) != self.plan.layers - self.plan.first:
            return False
        extent = self.mask.shape[3]
        rows = range(0, extent, max(1, extent // COMPARED))
        difference = self.given(rows, cache) - shares.given(rows, cache)
        return bool(difference.abs().max() < CLOSE)
