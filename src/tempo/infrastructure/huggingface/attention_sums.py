"""Keeping the sums that a model's own attention leaves behind, where it does.

On other devices, and where a model does more between its cache and its attention than is known
here, attention is computed again (`attention_capture`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.capture.sums import SummedPass, attention_with_sums

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.infrastructure.capture.captured import KeyStore, Received
    from tempo.infrastructure.capture.plan import CapturePlan

FLASH = 1
"""How PyTorch numbers the fused kernel among its own."""

CLOSE = 1e-4
"""Shares that differ by less, once computed from the sums and once in full, are the same."""

COMPARED = 64
"""About as many cache rows are compared."""


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


def agrees(summed: SummedPass, shares: Received, cache: KeyStore) -> bool:
    """Whether the same comes out as was computed in full."""
    alike = all(query.shape == summed.queries[0].shape for query in summed.queries)
    if not alike or len(summed.queries) != summed.plan.layers - summed.plan.first:
        return False
    extent = summed.mask.shape[3]
    rows = range(0, extent, max(1, extent // COMPARED))
    difference = summed.given(rows, cache) - shares.given(rows, cache)
    return bool(difference.abs().max() < CLOSE)
