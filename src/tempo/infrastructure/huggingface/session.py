"""One sequence state of a transformers model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self, cast

import numpy as np
import torch

from tempo.domain.errors import SessionError
from tempo.domain.tokens import Slot
from tempo.infrastructure.capture.embeddings import similarity
from tempo.infrastructure.huggingface.attention_mask import Views, causal_bias
from tempo.infrastructure.huggingface.moment import Moment
from tempo.infrastructure.huggingface.pass_capture import PassCapture
from tempo.infrastructure.reading.attention_questions import (
    check_context,
    check_received,
    check_traits,
)
from tempo.infrastructure.reading.attenuation import with_factors
from tempo.infrastructure.reading.extraction import Rows, read
from tempo.infrastructure.reading.pass_check import check_pass
from tempo.infrastructure.reading.processors import logits_processors, needs_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.domain.node import Node
    from tempo.domain.ports.attention_source import RowTraits
    from tempo.domain.proposal import FloatArray, Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.huggingface.kv_cache import RowCache
    from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper

PREFILL_CHUNK = 512
"""Prompt tokens of one pass at most: the explicit mask is chunk x prompt."""


class HuggingFaceSession:
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
        self._model = model
        self._mask_dtype = mask_dtype
        self._remapper = remapper
        self._new_cache = new_cache
        self._rules = rules
        self._processors = logits_processors(rules)
        self._capture = PassCapture(model, rules.capture)
        self._cache: RowCache | None = None
        self._prompt = np.empty(0, dtype=np.int64)
        self._rows_of: dict[Slot, int] = {}
        self._released: list[Slot] = []
        self._moves: list[list[int]] = []
        self._now: Moment | None = None

    @property
    def cache_rows(self) -> int:
        """How many physical tokens the cache holds, the prompt among them."""
        return self._held()[0].plan.live

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
            forward = partial(self._forward, ids[:, chunk], positions[:, chunk], 1)
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

    def _held(self) -> tuple[RowCache, Moment]:
        if self._cache is None or self._now is None:
            message = "this session is closed; open another"
            raise SessionError(message)
        return self._cache, self._now

    def _forward(self, ids: Tensor, positions: Tensor, keep: int, mask: Tensor) -> Tensor:
        """Return float32 logits [keep, vocab] of the last tokens; keys go to the planned rows."""
        output = self._model(
            input_ids=ids,
            position_ids=positions,
            attention_mask=mask.to(self._mask_dtype),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=keep,
        )
        logits: Tensor = output.logits
        return logits[0].float()

    @torch.inference_mode()
    def extend(self, nodes: Sequence[Node]) -> None:
        """Feed nodes in one pass."""
        cache, now = self._held()
        check_pass(nodes, now.next_slot, now.views.numbers, self._rows_of)
        positions = self._remapper.nodes([node.position for node in nodes])
        ids = torch.tensor([[node.token_id for node in nodes]], device=positions.device)
        rows = cache.allocate(len(nodes), positions.device)
        self._rows_of.update(zip((node.slot for node in nodes), rows, strict=True))
        views = now.views.extended(nodes, self._rows_of, cache.plan.extent, len(self._prompt))
        factors = {self._rows_of[slot]: factor for slot, factor in now.factors.items()}
        seen = views.attenuated(factors)
        forward = partial(self._forward, ids, positions, len(nodes))
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

    def _paths(self, nodes: Sequence[Node], now: Moment) -> dict[Slot, npt.NDArray[np.int64]]:
        """Return the tokens of each node's best path, where some processor looks at them."""
        if not needs_paths(self._rules):
            return {}
        known = dict(now.paths)
        for node in nodes:
            path = self._prompt if node.parent is None else known[node.parent]
            known[node.slot] = np.append(path, node.token_id)
        return {node.slot: known[node.slot] for node in nodes}

    @torch.inference_mode()
    def propose(self, reading: Reading) -> Proposal:
        """Read the rows of the last pass; one copy to the host."""
        _, now = self._held()
        return read(now.rows, reading, self._processors)

    @torch.inference_mode()
    def release(self, slots: Sequence[Slot]) -> None:
        """Take slots out of the cache."""
        cache, now = self._held()
        unknown = [slot for slot in slots if slot not in self._rows_of]
        if unknown or len(set(slots)) < len(slots):
            message = f"slots {unknown or list(slots)} are not in the cache"
            raise SessionError(message)
        rows = [self._rows_of.pop(slot) for slot in slots]
        cache.free(rows)
        after = now.without(slots, rows)
        if cache.plan.is_sparse:
            kept = cache.compact()
            self._moves.append(kept)
            place = {row: new for new, row in enumerate(kept)}
            self._rows_of = {slot: place[row] for slot, row in self._rows_of.items()}
            after = after.moved(kept)
        self._released += slots
        self._now = replace(after, released=len(self._released), moves=len(self._moves))

    def attenuate(self, slots: Sequence[Slot], factors: Sequence[float]) -> None:
        """Let later rows see slots at so much of their weight."""
        _, now = self._held()
        self._now = replace(now, factors=with_factors(now.factors, slots, factors, self._rows_of))

    @torch.inference_mode()
    def received(self, slots: Sequence[Slot], weights: Sequence[float]) -> FloatArray:
        """Return [entries, slots] what the last pass's rows gave each slot."""
        cache, now = self._held()
        prompt = len(self._prompt)
        places = [slot if 0 <= slot < prompt else self._rows_of.get(slot, -1) for slot in slots]
        unknown = [slot for slot, place in zip(slots, places, strict=True) if place < 0]
        check_received(self._rules.capture, unknown, weights, len(now.rows.logits))
        return now.captured.mass(places, weights, cache)

    @torch.inference_mode()
    def traits(self) -> RowTraits:
        """Return what was captured of the last pass's rows."""
        _, now = self._held()
        check_traits(self._rules.capture)
        return now.captured.traits()

    @torch.inference_mode()
    def similarity(self, tokens: Sequence[TokenId], context: Sequence[TokenId]) -> FloatArray:
        """Return [tokens] the cosine of input embeddings and the context's mean one."""
        self._held()
        check_context(context)
        table = cast("Tensor", self._model.get_input_embeddings().weight)
        return similarity(table, tokens, context)

    def mark(self) -> Moment:
        """Return the present moment."""
        return self._held()[1]

    @torch.inference_mode()
    def rewind(self, mark: Moment) -> None:
        """Go back to a moment since which none of its slots was released."""
        cache, _ = self._held()
        expired = [slot for slot in self._released[mark.released :] if slot < mark.next_slot]
        if expired:
            message = f"the mark has expired: slots {expired} were released since"
            raise SessionError(message)
        later = [slot for slot in self._rows_of if slot >= mark.next_slot]
        cache.free([self._rows_of.pop(slot) for slot in later])
        self._released += later
        after = mark
        for kept in self._moves[mark.moves :]:
            after = after.moved(kept)
        self._now = replace(after, released=len(self._released), moves=len(self._moves))

    def fork(self) -> Self:
        """Return an equal session with a cache of its own."""
        cache, now = self._held()
        twin = type(self)(
            self._model, self._remapper, self._new_cache, self._rules, self._mask_dtype
        )
        twin._cache, twin._now = cache.copy(), now  # noqa: SLF001 - its own class
        twin._capture = self._capture  # noqa: SLF001
        twin._prompt, twin._rows_of = self._prompt, dict(self._rows_of)  # noqa: SLF001
        twin._released, twin._moves = list(self._released), list(self._moves)  # noqa: SLF001
        return twin

    def close(self) -> None:
        """Let go of the cache."""
        self._cache = self._now = None

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        self.close()
