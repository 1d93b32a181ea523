"""One sequence state of a fused decoder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from tempo.domain.errors import PromptError, SessionError
from tempo.domain.tokens import Slot
from tempo.infrastructure.capture.captured import NOTHING, Captured
from tempo.infrastructure.capture.embeddings import similarity
from tempo.infrastructure.capture.plan import CapturePlan
from tempo.infrastructure.fused_llama.plain_decoder import Pass
from tempo.infrastructure.fused_llama.views import HostViews
from tempo.infrastructure.reading.attention_questions import (
    check_context,
    check_received,
    check_traits,
)
from tempo.infrastructure.reading.attenuation import with_factors, without_factors
from tempo.infrastructure.reading.pass_check import check_pass
from tempo.infrastructure.reading.processors import logits_processors, needs_paths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from tempo.domain.node import Node
    from tempo.domain.ports.attention_source import RowTraits
    from tempo.domain.proposal import FloatArray, Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
    from tempo.infrastructure.fused_llama.static_cache import StaticCache
    from tempo.infrastructure.reading.extraction import Rows

PREFILL_CHUNK = 512
"""Prompt tokens of one pass at most: their scores are chunk x prompt."""

STEPS_AHEAD = 256
"""Rows that are reserved beyond the prompt; a cache that fills up is made twice as large."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """The rows of the last pass, and how far the session had come.

    Attributes:
        next_slot: the lowest slot that the next node may have.
        views: what the rows see, before factors.
        rows: the rows' logits.
        captured: what was taken down of the pass.
        paths: the tokens of each row's best path, where some processor looks at them.
        factors: of attenuated slots, on the weights that later rows give them.
        released: how many slots were released before.
        moves: how many times the cache was compacted before.
    """

    next_slot: Slot
    views: HostViews
    rows: Rows
    captured: Captured = NOTHING
    paths: Mapping[Slot, npt.NDArray[np.int64]] = field(default_factory=dict)
    factors: Mapping[Slot, float] = field(default_factory=dict)
    released: int = 0
    moves: int = 0


class FusedSession:
    """A prompt, its cache, and the rows of the last pass."""

    def __init__(self, decoder: PlainDecoder, context: int, rules: RowRules) -> None:
        """Start empty; `prefill` comes next."""
        self._decoder = decoder
        self._context = context
        self._rules = rules
        self._processors = logits_processors(rules)
        self._plan = CapturePlan.of(rules.capture, decoder.weights.architecture.layers)
        self._cache: StaticCache | None = None
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
        length = len(prompt)
        _require_room(length, self._context)
        self._cache = cache = self._decoder.new_cache(min(self._context, length + STEPS_AHEAD))
        self._prompt = np.array(prompt, dtype=np.int64)
        before = length - 1  # the last token is fed as later ones are, whoever watches it
        for first in range(0, before, PREFILL_CHUNK):
            self._decoder.prefill(cache, prompt[first : min(first + PREFILL_CHUNK, before)], first)
        itself = np.ones((1, 1), dtype=np.float32)
        last = Pass(cache, prompt[-1:], [before], cache.allocate(1), before, itself, self._plan)
        ((rows, captured),) = self._decoder.decode([last])
        rows = replace(rows, paths=(self._prompt,))
        self._now = Moment(Slot(length), HostViews.of_prompt(length), rows, captured)

    def _held(self) -> tuple[StaticCache, Moment]:
        if self._cache is None or self._now is None:
            message = "this session is closed; open another"
            raise SessionError(message)
        return self._cache, self._now

    def require(self, nodes: Sequence[Node]) -> None:
        """Refuse nodes that cannot be fed; nothing has changed then.

        Raises:
            SessionError: for each reason.
        """
        _, now = self._held()
        check_pass(nodes, now.next_slot, now.views.numbers, self._rows_of)
        last = max(node.position for node in nodes)
        if last >= self._context:
            message = f"position {last} is past the model's context of {self._context}"
            raise SessionError(message)

    def begin(self, nodes: Sequence[Node]) -> tuple[Pass, Moment]:
        """Take cache rows for nodes; return what to feed, and the moment after it without rows."""
        cache, now = self._held()
        rows = cache.allocate(len(nodes))
        self._rows_of.update(zip((node.slot for node in nodes), rows, strict=True))
        views = now.views.extended(nodes, self._rows_of, cache.plan.extent)
        given = Pass(
            cache=cache,
            tokens=[node.token_id for node in nodes],
            positions=[node.position for node in nodes],
            rows=rows,
            prompt=len(self._prompt),
            weights=views.factored(now.factors, self._rows_of),
            plan=self._plan,
        )
        next_slot = Slot(nodes[-1].slot + 1)
        return given, replace(now, next_slot=next_slot, views=views, paths=self._paths(nodes, now))

    def end(self, after: Moment, rows: Rows, captured: Captured) -> None:
        """Be where a pass has led to."""
        rows = replace(rows, paths=tuple(after.paths.values()))
        self._now = replace(after, rows=rows, captured=captured)

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
        return self._decoder.read(now.rows, reading, self._processors)

    @torch.inference_mode()
    def release(self, slots: Sequence[Slot]) -> None:
        """Take slots out of the cache."""
        cache, now = self._held()
        unknown = [slot for slot in slots if slot not in self._rows_of]
        if unknown or len(set(slots)) < len(slots):
            message = f"slots {unknown or list(slots)} are not in the cache"
            raise SessionError(message)
        if not slots:
            return
        rows = [self._rows_of.pop(slot) for slot in slots]
        cache.free(rows)
        views, captured = now.views.without(rows), now.captured
        if cache.plan.is_sparse:
            kept = cache.compact()
            self._moves.append(kept)
            place = {row: new for new, row in enumerate(kept)}
            self._rows_of = {slot: place[row] for slot, row in self._rows_of.items()}
            views, captured = views.gathered(kept), captured.gathered(kept)
        self._released += slots
        self._now = replace(
            now,
            views=views,
            captured=captured,
            factors=without_factors(now.factors, slots),
            released=len(self._released),
            moves=len(self._moves),
        )

    @torch.inference_mode()
    def attenuate(self, slots: Sequence[Slot], factors: Sequence[float]) -> None:
        """Let later rows see slots at so much of the weight that their views give them."""
        _, now = self._held()
        changed = with_factors(now.factors, slots, factors, self._rows_of)
        self._now = replace(now, factors=changed)

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
        return similarity(self._decoder.weights.embedding, tokens, context)

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
        views, captured = mark.views, mark.captured
        for kept in self._moves[mark.moves :]:
            views, captured = views.gathered(kept), captured.gathered(kept)
        self._now = replace(
            mark,
            views=views,
            captured=captured,
            released=len(self._released),
            moves=len(self._moves),
        )

    def fork(self) -> Self:
        """Return an equal session with a cache of its own."""
        cache, now = self._held()
        twin = type(self)(self._decoder, self._context, self._rules)
        twin._cache, twin._now = cache.copy(), now  # noqa: SLF001 - its own class
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


def _require_room(length: int, context: int) -> None:
    if length < 1:
        message = "the prompt is empty; give it at least one token"
        raise PromptError(message)
    if length >= context:
        message = (
            f"the prompt has {length} tokens and the model's context {context}; "
            f"shorten the prompt to {context - 1} tokens or fewer"
        )
        raise PromptError(message)
