"""How the layers of a plain pass attend, and what they tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from tempo.infrastructure.capture.captured import Shares
from tempo.infrastructure.capture.sums import SummedPass, attention_with_sums
from tempo.infrastructure.fused_llama import twins

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.infrastructure.capture.captured import Received
    from tempo.infrastructure.capture.plan import CapturePlan
    from tempo.infrastructure.fused_llama.architecture import Architecture


class FastAttention:
    """The fused attention of PyTorch; query heads of a group stand in rows below each other."""

    def __init__(self, shape: Architecture, bias: Tensor) -> None:
        """Attend under a bias [row, extent]."""
        self._rows = len(bias)
        self._bias = bias.repeat(shape.group, 1) if shape.group > 1 else bias
        self._mask = self._bias[None, None]

    def __call__(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:  # noqa: ARG002
        """Return [row, head * head_dim] of queries [head, row, head_dim] over all keys."""
        mixed = functional.scaled_dot_product_attention(
            self._grouped(queries, keys), keys[None], values[None], attn_mask=self._mask
        )
        return self._by_row(mixed, queries)

    @staticmethod
    def _grouped(queries: Tensor, keys: Tensor) -> Tensor:
        return queries.reshape(1, len(keys), -1, queries.shape[2])

    @staticmethod
    def _by_row(mixed: Tensor, queries: Tensor) -> Tensor:
        heads, rows, size = queries.shape
        return mixed.reshape(heads, rows, size).transpose(0, 1).reshape(rows, -1)


class SummedAttention(FastAttention):
    """The same, which keeps what attention received is computed from when somebody asks."""

    def __init__(self, shape: Architecture, bias: Tensor, plan: CapturePlan) -> None:
        """Attend under a bias [row, extent] and keep what a plan asks for."""
        super().__init__(shape, bias)
        self._plan = plan
        self._plain = bias
        self._queries: list[Tensor] = []
        self._sums: list[Tensor] = []
        self.recent: list[Tensor] = []

    def __call__(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return [row, head * head_dim] of queries [head, row, head_dim] over all keys."""
        grouped = self._grouped(queries, keys)
        mixed, sums = attention_with_sums(grouped, keys[None], values[None], attn_mask=self._mask)
        if layer >= self._plan.first:
            self._queries.append(grouped)
            self._sums.append(sums)
        return self._by_row(mixed, queries)

    @property
    def received(self) -> Received:
        """What the rows gave."""
        mask = self._plain[None, None]
        return SummedPass(self._plan, self._queries, self._sums, mask, None, self._rows)


class FullAttention(FastAttention):
    """The same, whose shares are all computed beside it and reduced, layer by layer."""

    def __init__(self, shape: Architecture, bias: Tensor, plan: CapturePlan) -> None:
        """Attend under a bias [row, extent] and reduce what a plan asks for."""
        super().__init__(shape, bias)
        self._plan = plan
        self._plain = bias
        self._given = bias.new_zeros(len(plan.received), bias.numel())
        self.recent: list[Tensor] = []

    def __call__(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return [row, head * head_dim] of queries [head, row, head_dim] over all keys."""
        mixed = super().__call__(layer, queries, keys, values)
        if layer < self._plan.first:
            return mixed
        _, shares = twins.attended(queries, keys, values, self._plain)
        heads = shares.view(len(queries), -1)
        if self._plan.received:
            weights = self._plan.spread(layer, 1, len(heads), heads.device).to(heads.dtype)
            self._given.addmm_(weights, heads)
        if self._plan.is_recent(layer):
            self.recent.append(heads.mean(0).view_as(self._plain))
        return mixed

    @property
    def received(self) -> Received | None:
        """What the rows gave."""
        if not self._plan.received:
            return None
        given = self._plan.over_all_heads(self._given)
        return Shares(given.view(-1, *self._plain.shape).float())
