"""A prompt, its cache and the rows of the last pass, whoever runs the model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar
from zlib import crc32

import numpy as np
import torch

from tempo.domain.errors import SessionError
from tempo.domain.tokens import Slot
from tempo.infrastructure.capture.captured import KeyStore
from tempo.infrastructure.capture.embeddings import similarity
from tempo.infrastructure.reading.attention_questions import (
    check_context,
    check_received,
    check_traits,
)
from tempo.infrastructure.reading.attenuation import with_factors
from tempo.infrastructure.reading.pass_check import check_pass
from tempo.infrastructure.reading.processors import logits_processors, needs_paths
from tempo.infrastructure.sessions.memory import telling_memory
from tempo.infrastructure.sessions.moment import Moment, V

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from torch import Tensor

    from tempo.domain.node import Node
    from tempo.domain.ports.attention_source import RowTraits
    from tempo.domain.proposal import FloatArray
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.sessions.row_plan import RowPlan


class Cache(KeyStore, Protocol):
    """Keys and values by row."""

    plan: RowPlan

    def free(self, rows: Sequence[int]) -> None:
        """Give rows back; what they hold may be overwritten."""
        ...

    def compact(self) -> list[int]:
        """Move the rows in use to the front; return the old row of each new one."""
        ...

    def copy(self) -> Self:
        """Return an equal cache with memory of its own."""
        ...

    def gathered(self, rows: Sequence[int]) -> Self:
        """Return a cache of these rows alone, in their order, with memory of its own."""
        ...


C = TypeVar("C", bound=Cache)


class RowSession(ABC, Generic[C, V]):
    """What a session does beside feeding and reading."""

    def __init__(self, rules: RowRules) -> None:
        """Start empty; the adapter's `prefill` comes next."""
        self._rules = rules
        self._processors = logits_processors(rules)
        self._cache: C | None = None
        self._prompt = np.empty(0, dtype=np.int64)
        self._rows_of: dict[Slot, int] = {}
        self._released: list[Slot] = []
        self._moves: list[list[int]] = []
        self._now: Moment[V] | None = None

    @abstractmethod
    def _embedded(self, tokens: Tensor) -> Tensor:
        """Return [token, hidden] the input embeddings of tokens."""

    @abstractmethod
    def _empty(self) -> Self:
        """Return a session of the same model and rules, without a prompt."""

    @property
    def cache_rows(self) -> int:
        """How many physical tokens the cache holds, the prompt among them."""
        return self._held()[0].plan.live

    def digest(self) -> int:
        """Return what tells the rows that the cache holds now from others."""
        cache, now = self._held()
        held = sorted(self._rows_of.items())
        return crc32(repr((cache.plan.extent, len(now.rows.logits), held)).encode())

    def _held(self) -> tuple[C, Moment[V]]:
        if self._cache is None or self._now is None:
            message = "this session is closed; open another"
            raise SessionError(message)
        return self._cache, self._now

    def _paths(self, nodes: Sequence[Node], now: Moment[V]) -> dict[Slot, npt.NDArray[np.int64]]:
        """Return the tokens of each node's best path, where some processor looks at them."""
        if not needs_paths(self._rules):
            return {}
        known = dict(now.paths)
        for node in nodes:
            path = self._prompt if node.parent is None else known[node.parent]
            known[node.slot] = np.append(path, node.token_id)
        return {node.slot: known[node.slot] for node in nodes}

    def require(self, nodes: Sequence[Node]) -> None:
        """Refuse nodes that cannot be fed; nothing has changed then.

        Raises:
            SessionError: for each reason.
        """
        _, now = self._held()
        check_pass(nodes, now.next_slot, now.views.numbers, self._rows_of)

    def forget(self, nodes: Sequence[Node]) -> None:
        """Let nodes go whose pass failed; the session is as it was before."""
        cache, now = self._held()
        slots = [node.slot for node in nodes if node.slot >= now.next_slot]
        cache.free([self._rows_of.pop(slot) for slot in slots if slot in self._rows_of])

    def release(self, slots: Sequence[Slot]) -> None:
        """Take slots out of the cache."""
        cache, now = self._held()
        self._require_known(slots)
        rows = [self._rows_of.pop(slot) for slot in slots]
        cache.free(rows)
        self._released += slots
        self._now = now.without(slots, rows)
        if cache.plan.is_sparse:
            self._now = self._compacted(cache, self._now)

    @torch.inference_mode()
    def _compacted(self, cache: C, now: Moment[V]) -> Moment[V]:
        """Move the rows in use to the front of the cache; return the moment over them."""
        kept = cache.compact()
        self._moves.append(kept)
        place = {row: new for new, row in enumerate(kept)}
        self._rows_of = {slot: place[row] for slot, row in self._rows_of.items()}
        return replace(now.moved(kept), moves=len(self._moves))

    def _require_known(self, slots: Sequence[Slot]) -> None:
        unknown = [slot for slot in slots if slot not in self._rows_of]
        if unknown or len(set(slots)) < len(slots):
            message = f"slots {unknown or list(slots)} are not in the cache"
            raise SessionError(message)

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
        _, now = self._held()
        check_context(context)
        ids = torch.tensor([*tokens, *context], device=now.rows.logits.device)
        return similarity(self._embedded(ids), len(tokens))

    def mark(self) -> Moment[V]:
        """Return the present moment."""
        return self._held()[1]

    @torch.inference_mode()
    def rewind(self, mark: Moment[V]) -> None:
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
        twin = self._empty()
        twin._cache, twin._now = cache.copy(), now  # noqa: SLF001 - its own class
        twin._prompt, twin._rows_of = self._prompt, dict(self._rows_of)  # noqa: SLF001
        twin._released, twin._moves = list(self._released), list(self._moves)  # noqa: SLF001
        return twin

    @torch.inference_mode()
    def branch(self, prompt: Moment[V], slots: Sequence[Slot]) -> Self:
        """Return a session of its own behind the prompt, with the rows of some later slots."""
        cache, _ = self._held()
        length = len(self._prompt)
        self._require_known(slots)
        if prompt.views.numbers:
            message = "the mark is of a later pass; branch from the mark of the prompt"
            raise SessionError(message)
        twin = self._empty()
        rows = [*range(length), *(self._rows_of[slot] for slot in slots)]
        with telling_memory(f"a copy of {len(rows)} cache rows", prompt.rows.logits.device):
            twin._cache = cache.gathered(rows)  # noqa: SLF001 - its own class
        twin._prompt = self._prompt  # noqa: SLF001
        twin._rows_of = {Slot(row): row for row in range(length, length + len(slots))}  # noqa: SLF001
        behind = Slot(length + len(slots))
        twin._now = replace(prompt, next_slot=behind, factors={}, released=0, moves=0)  # noqa: SLF001
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
