"""One sequence state of a transformers model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Self, cast

import numpy as np
import torch

from tempo.domain.activations import PROMPT, FedRow
from tempo.domain.tokens import Slot
from tempo.infrastructure.huggingface.activations.tapping import FedPass, tapped_pass
from tempo.infrastructure.huggingface.attention_mask import Views, causal_bias
from tempo.infrastructure.huggingface.kv_cache import RowCache
from tempo.infrastructure.huggingface.pass_capture import PassCapture
from tempo.infrastructure.reading.extraction import Rows, read
from tempo.infrastructure.sessions.moment import Moment
from tempo.infrastructure.sessions.row_session import RowSession

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.domain.node import Node
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper

PREFILL_CHUNK = 512
"""Prompt tokens of one pass at most: the explicit mask is chunk x prompt."""


class HuggingFaceSession(RowSession[RowCache, Views]):
    """A prompt, its cache, and the rows of the last pass."""

    def __init__(
        self,
        model: PreTrainedModel,
        remapper: PositionIdRemapper,
        new_cache: Callable[[], RowCache],
        rules: RowRules,
        mask_dtype: torch.dtype = torch.float32,
    ) -> None:
        """Start empty; `prefill` comes next."""
        super().__init__(rules)
        self._model = model
        self._mask_dtype = mask_dtype
        self._remapper = remapper
        self._new_cache = new_cache
        self._capture = PassCapture(model, rules.capture)

    @torch.inference_mode()
    def prefill(self, prompt: Sequence[TokenId]) -> None:
        """Feed the prompt once, in chunks."""
        positions = self._remapper.prompt(len(prompt))
        device = positions.device
        ids = torch.tensor([prompt], device=device)
        self._cache = cache = self._new_cache()
        views = Views.of_prompt(len(prompt), device)
        for first in range(0, len(prompt), PREFILL_CHUNK):
            chunk = slice(first, min(first + PREFILL_CHUNK, len(prompt)))
            rows = cache.allocate(chunk.stop - first, device)
            mask = causal_bias(first, chunk.stop - first, device)
            fed = partial(_fed_prompt, prompt, chunk)
            forward = partial(self._forward, ids[:, chunk], positions[:, chunk], 1, fed)
            if chunk.stop < len(prompt):
                forward(mask)
        logits, captured = self._capture.first(forward, mask, views.weights, rows[-1:], cache)
        self._prompt = np.array(prompt, dtype=np.int64)
        self._now = Moment(
            next_slot=Slot(len(prompt)),
            views=views,
            rows=Rows(logits, (self._prompt,)),
            captured=captured,
        )

    def _forward(
        self, ids: Tensor, positions: Tensor, keep: int, fed: Callable[[], FedPass], mask: Tensor
    ) -> Tensor:
        """Return float32 logits [keep, vocab] of the last tokens; keys go to the planned rows."""
        with tapped_pass(self._model, fed, mask.to(self._mask_dtype)) as seen:
            output = self._model(
                input_ids=ids,
                position_ids=positions,
                attention_mask=seen,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=keep,
            )
        logits: Tensor = output.logits
        return logits[0].float()

    @torch.inference_mode()
    def extend(self, nodes: Sequence[Node]) -> None:
        """Feed nodes that `require` let through, in one pass."""
        cache, now = self._held()
        positions = self._remapper.nodes([node.position for node in nodes])
        ids = torch.tensor([[node.token_id for node in nodes]], device=positions.device)
        rows = cache.allocate(len(nodes), positions.device)
        self._rows_of.update(zip((node.slot for node in nodes), rows, strict=True))
        views = now.views.extended(nodes, self._rows_of, cache.plan.extent, len(self._prompt))
        factors = {self._rows_of[slot]: factor for slot, factor in now.factors.items()}
        seen = views.attenuated(factors)
        forward = partial(self._forward, ids, positions, len(nodes), partial(self._fed, nodes))
        logits, captured = self._capture.run(forward, seen.bias, seen.weights, rows)
        paths = self._paths(nodes, now)
        self._now = Moment(
            next_slot=Slot(nodes[-1].slot + 1),
            views=views,
            rows=Rows(logits, tuple(paths.values())),
            captured=captured,
            factors=now.factors,
            paths=paths,
            released=now.released,
            moves=now.moves,
        )

    def _fed(self, nodes: Sequence[Node]) -> FedPass:
        """Return a pass as those see it who look at the model's layers."""
        length = len(self._prompt)
        rows = [
            FedRow(node.position - length, node.slot, node.token_id, node.position)
            for node in nodes
        ]
        later = sorted(self._rows_of.items())
        keys = (*map(Slot, range(length)), *(slot for slot, _ in later))
        return FedPass(tuple(rows), keys, (*range(length), *(row for _, row in later)))

    @torch.inference_mode()
    def propose(self, reading: Reading) -> Proposal:
        """Read the rows of the last pass; one copy to the host."""
        _, now = self._held()
        return read(now.rows, reading, self._processors)

    def _embedded(self, tokens: Tensor) -> Tensor:
        return cast("Tensor", self._model.get_input_embeddings()(tokens))

    def _empty(self) -> Self:
        twin = type(self)(
            self._model, self._remapper, self._new_cache, self._rules, self._mask_dtype
        )
        twin._capture = self._capture  # noqa: SLF001 - its own class
        return twin


def _fed_prompt(prompt: Sequence[TokenId], chunk: slice) -> FedPass:
    """Return a part of a prompt as those see it who look at the model's layers."""
    places = range(chunk.start, chunk.stop)
    rows = tuple(FedRow(PROMPT, Slot(place), prompt[place], place) for place in places)
    held = range(chunk.stop)
    return FedPass(rows, tuple(map(Slot, held)), tuple(held))
