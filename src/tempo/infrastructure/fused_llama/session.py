"""One sequence state of a fused decoder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import torch

from tempo.domain.errors import SessionError
from tempo.domain.tokens import Slot
from tempo.infrastructure.capture.plan import CapturePlan
from tempo.infrastructure.fused_llama.plain_decoder import Asked, Pass
from tempo.infrastructure.fused_llama.static_cache import StaticCache
from tempo.infrastructure.fused_llama.views import HostViews
from tempo.infrastructure.reading.pass_check import require_room
from tempo.infrastructure.sessions.moment import Moment
from tempo.infrastructure.sessions.row_session import RowSession

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from torch import Tensor

    from tempo.domain.node import Node
    from tempo.domain.proposal import Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.capture.captured import Captured
    from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
    from tempo.infrastructure.reading.extraction import Rows

PREFILL_CHUNK = 512
"""Prompt tokens of one pass at most: their scores are chunk x prompt."""

STEPS_AHEAD = 256
"""Rows that are reserved beyond the prompt; a cache that fills up is made twice as large."""


class Ahead(NamedTuple):
    """Where a pass leads to.

    Attributes:
        next_slot: the lowest slot that a node after it may have.
        views: what its rows see, before factors.
        paths: the tokens of each row's best path, where some processor looks at them.
    """

    next_slot: Slot
    views: HostViews
    paths: Mapping[Slot, npt.NDArray[np.int64]]


class FusedSession(RowSession[StaticCache, HostViews]):
    """A prompt, its cache, and the rows of the last pass."""

    def __init__(self, decoder: PlainDecoder, context: int, rules: RowRules) -> None:
        """Start empty; `prefill` comes next."""
        super().__init__(rules)
        self._decoder = decoder
        self._context = context
        self._plan = CapturePlan.of(
            rules.capture, decoder.weights.architecture.layers, decoder.weights.ranks
        )

    @torch.inference_mode()
    def prefill(self, prompt: Sequence[TokenId]) -> None:
        """Feed the prompt once, in chunks."""
        length = len(prompt)
        require_room(length, self._context)
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

    def require(self, nodes: Sequence[Node]) -> None:
        """Refuse nodes that cannot be fed; nothing has changed then.

        Raises:
            SessionError: for each reason.
        """
        super().require(nodes)
        last = max(node.position for node in nodes)
        if last >= self._context:
            message = f"position {last} is past the model's context of {self._context}"
            raise SessionError(message)

    def begin(self, nodes: Sequence[Node]) -> tuple[Pass, Ahead]:
        """Take cache rows for nodes; return what to feed, and where it leads to."""
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
        return given, Ahead(Slot(nodes[-1].slot + 1), views, self._paths(nodes, now))

    def end(self, ahead: Ahead, rows: Rows, captured: Captured) -> None:
        """Be where a pass has led to."""
        _, now = self._held()
        if ahead.paths:
            rows = replace(rows, paths=tuple(ahead.paths.values()))
        self._now = Moment(
            ahead.next_slot,
            ahead.views,
            rows,
            captured,
            now.factors,
            ahead.paths,
            now.released,
            now.moves,
        )

    def asked(self, reading: Reading) -> Asked:
        """Return what a reading asks of the last pass."""
        _, now = self._held()
        return Asked(now.rows, reading, self._processors)

    def _embedded(self, tokens: Tensor) -> Tensor:
        return self._decoder.weights.embedded(tokens)

    def _empty(self) -> Self:
        return type(self)(self._decoder, self._context, self._rules)
