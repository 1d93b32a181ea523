"""Attention of a captured pass: how its caches are cut into programs, and what these share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.fused_llama.tiles import SMALLEST_TILE

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.infrastructure.fused_llama.kernel_step import KernelStep
    from tempo.infrastructure.fused_llama.staging import Form

KEY_BLOCK = 128
"""Cache rows that a program of attention takes at once."""

QUERY_BLOCK = 16
"""Queries of one program of attention: one tile of the matrix units."""

LARGEST_SPLITS = 16
"""Parts that a session's cache is cut into at most."""


class SplitAttention:
    """The memory in which a form's parts meet, and the kernel over it."""

    def __init__(self, step: KernelStep, form: Form) -> None:
        """Reserve memory for passes of a form."""
        shape, device = step.weights.architecture, step.weights.device
        self._step, self._form = step, form
        self._blocks = -(-shape.group * form.width // QUERY_BLOCK)
        self._splits = min(LARGEST_SPLITS, form.span // KEY_BLOCK)
        programs = shape.kv_heads * form.sessions * self._blocks
        parts = programs * (self._splits + 1) * QUERY_BLOCK
        self._partial = torch.empty(parts, shape.head_dim, device=device)
        self._peaks = torch.empty(parts, device=device)
        self._masses = torch.empty(parts, device=device)
        self._tickets = torch.zeros(programs, dtype=torch.int32, device=device)

    @property
    def sessions(self) -> int:
        """How many sessions a pass has room for."""
        return self._form.sessions

    def launch(self, ints: Tensor, floats: Tensor, number: int) -> None:
        """Attend in a layer: turn what was merged, write it to the caches, mix what they hold."""
        from tempo.infrastructure.fused_llama.kernels.attention import attention  # noqa: PLC0415 - Triton is optional

        step, form = self._step, self._form
        part = -(-form.span // self._splits)
        shape, layer = step.weights.architecture, step.weights.layers[number]
        attention[(shape.kv_heads, self._splits + 1, form.sessions * self._blocks)](
            ints, floats, step.merged, layer.query_norm, layer.key_norm, step.cosines, step.sines,
            self._partial, self._peaks, self._masses, self._tickets, step.mixed,
            number, form.sessions, step.width, self._blocks, part, shape.head_dim**-0.5,
            shape.epsilon,
            WIDE=form.width, GROUP=shape.group, KV_HEADS=shape.kv_heads, SIZE=shape.head_dim,
            QUERIES=QUERY_BLOCK, FRESH=max(SMALLEST_TILE, form.width), SPLITS=self._splits,
            SHORT=part == KEY_BLOCK, BLOCK=KEY_BLOCK,
            NORMED=layer.query_norm is not None, CAPTURED=form.watched,
            OVERLAPPED=step.tiles.overlapped, PRECISION=step.precision,
            num_warps=step.tiles.attention_warps, num_stages=3, **step.overlap,
        )  # fmt: skip
