"""The physical side of a run: the session, which slot stands where, and what descends from what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from tempo.application.decoding.asking import Feed, Read
from tempo.application.decoding.path_rows import PathRows
from tempo.domain.ancestry import Ancestry
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.layout import LogicalLayout
from tempo.domain.node import Node

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.cost import CostMeter
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Forking
    from tempo.domain.frontier import Frontier
    from tempo.domain.ports.attention_source import AttentionSource
    from tempo.domain.ports.model_backend import Mark, ModelBackend
    from tempo.domain.proposal import FloatArray, Proposal, Reading
    from tempo.domain.superposition import History
    from tempo.domain.tokens import Slot, TokenId
    from tempo.domain.visibility import Visibility


@dataclass(frozen=True, slots=True, eq=False)
class StateMark:
    """A moment of a sequence state."""

    session: Mark
    layout: LogicalLayout
    ancestry: Ancestry
    fed: tuple[Slot, ...]


class SequenceState:
    """One session with its layout and its forest of best parents.

    A state that is held never lets go of a row, so that it can go back: what leaves is masked.
    """

    def __init__(
        self,
        backend: ModelBackend,
        request: GenerationRequest,
        meter: CostMeter,
        forking: Forking | None = None,
        *,
        held: bool,
    ) -> None:
        """Open a session, the prompt going through the model here, or go on from a beginning.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
        """
        self._meter = meter
        self._held = held
        self._request = request
        self.beginning = None if forking is None else forking.beginning
        if self.beginning is not None:
            self.session = self.beginning.session
        else:
            with meter.phase("prefill"):
                self.session = backend.open(request.prompt_ids, request.session_rules)
            meter.fed(len(request.prompt_ids), self.session.cache_rows)
        self.paths = None if forking is None else PathRows()
        self.behind_prompt = None if forking is None else self.session.mark()
        self.layout = LogicalLayout(len(request.prompt_ids), request.positions)
        self.ancestry = Ancestry()
        self.fed: tuple[Slot, ...] = ()

    @property
    def cache_rows(self) -> int:
        """How many physical tokens the cache holds, the prompt among them."""
        return self.session.cache_rows

    @property
    def attention(self) -> AttentionSource:
        """The session's second, narrow view."""
        return cast("AttentionSource", self.session)

    def received(self, slots: Sequence[Slot], frontier: Frontier) -> FloatArray:
        """Return [entries, slots] what the last pass attended to, its rows by forward weight."""
        with self._meter.phase("extraction"):
            return self.attention.received(slots, self.fed_weights(frontier))

    def fed_weights(self, frontier: Frontier) -> tuple[float, ...]:
        """Return the forward weight of each row of the last pass, 0 for one that was not kept."""
        if not self.fed:
            return (1.0,)
        weights = dict(zip(frontier.slots, frontier.weights.tolist(), strict=True))
        return tuple(weights.get(slot, 0.0) for slot in self.fed)

    def feed(self, nodes: Sequence[Node]) -> Asking[None]:
        """Feed nodes in one pass; their rows are the next to be read.

        Raises:
            CacheBoundError: if the cache may not hold so many; nothing is fed then.
        """
        self._request.require_rows(self.session.cache_rows, len(nodes))
        with self._meter.phase("forward"):
            yield Feed(self.session, nodes)
        self._meter.fed(len(nodes), self.session.cache_rows)
        self.fed = tuple(node.slot for node in nodes)
        if self.paths is not None:
            self.paths.feed(nodes)

    def read(self, reading: Reading, rows: Sequence[Slot], step: int) -> Asking[Proposal]:
        """Read the rows of some slots of the last pass; the others have no part in it.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity at a step.
        """
        partial = len(rows) < len(self.fed)
        if partial:
            places = [self.fed.index(slot) for slot in rows]
            reading = replace(reading, weights=_spread(reading.weights, places, len(self.fed)))
        with self._meter.phase("extraction"):
            proposal: Proposal = yield Read(self.session, reading)
        if not proposal.finite:
            raise NonFiniteLogitsError(step)
        if not partial:
            return proposal
        return replace(
            proposal,
            rows=np.ascontiguousarray(proposal.rows[places]),
            plain_rows=np.ascontiguousarray(proposal.plain_rows[places]),
        )

    def nodes(
        self,
        tokens: Sequence[TokenId],
        slots: Sequence[Slot],
        parents: Sequence[Slot | None],
        histories: Sequence[History],
        visibility: Visibility,
    ) -> tuple[Node, ...]:
        """Return tokens as nodes to feed; what is in the cache no more they do not see."""
        held, siblings = self.layout.held, tuple(slots)
        nodes = []
        for token, slot, parent, history in zip(tokens, slots, parents, histories, strict=True):
            weights = tuple([entry for entry in history.weights if entry[0] in held])
            weights += visibility.sibling_weights(slot, siblings)
            position = self.layout.position(slot)
            nodes.append(Node(token, position, slot, parent, history.inherits, weights))
        return tuple(nodes)

    def release(self, window: float) -> int:
        """Let go of the rows that no row to come can see; return how many."""
        if self._held:
            return 0
        return self._leave(self.ancestry.release(window))

    def evict(self, slots: Collection[Slot]) -> int:
        """Take slots out of the forest and of the cache; return how many rows left the cache."""
        self.ancestry.remove([slot for slot in slots if self.ancestry.holds(slot)])
        return self.mask(slots)

    def mask(self, slots: Collection[Slot]) -> int:
        """Take slots out of the cache, where no later row sees them; return how many rows left."""
        return self._leave(sorted(slots))

    def splice(self, slot: Slot) -> int:
        """Take a step's only slot out; what descends from it goes on from its parent."""
        self.ancestry.splice(slot)
        return self.mask((slot,))

    def _leave(self, slots: Sequence[Slot]) -> int:
        leaving = [slot for slot in slots if self.layout.holds(slot)]
        first_unfed = self.fed[-1] + 1 if self.fed else self.layout.prompt_length
        rows = [slot for slot in leaving if slot < first_unfed]
        self.layout.remove(leaving)
        if not rows:
            return 0
        with self._meter.phase("forward"):
            if self._held:
                self._attenuate(rows, 0.0)
                return 0
            self.session.release(rows)
        self._meter.released_rows += len(rows)
        return len(rows)

    def attenuate(self, slot: Slot, factor: float) -> None:
        """Let later rows see a slot at part of its weight, if it is still in the cache."""
        if self.layout.holds(slot):
            with self._meter.phase("forward"):
                self._attenuate([slot], factor)

    def _attenuate(self, slots: Sequence[Slot], factor: float) -> None:
        if self.paths is not None:
            self.paths.dim(slots)
        self.session.attenuate(slots, [factor] * len(slots))

    def mark(self) -> StateMark:
        """Return the present moment; only a held state can go back to it."""
        return StateMark(self.session.mark(), self.layout.copy(), self.ancestry.copy(), self.fed)

    def rewind(self, mark: StateMark) -> None:
        """Go back to a mark.

        Raises:
            SessionError: if rows that lived at the mark were released since.
        """
        self.unfeed(mark)
        self.layout, self.ancestry = mark.layout.copy(), mark.ancestry.copy()

    def unfeed(self, mark: StateMark) -> None:
        """Take the rows of the last pass out of the cache again; layout and forest stay."""
        self.session.rewind(mark.session)
        self.fed = mark.fed
        if self.paths is not None:
            self.paths.forget_from(mark.session.next_slot)

    def close(self) -> None:
        """Let go of the cache."""
        self.session.close()


def _spread(weights: Sequence[float], places: Sequence[int], rows: int) -> tuple[float, ...]:
    """Return a weight for each row: those given at their places, 0 elsewhere."""
    spread = [0.0] * rows
    for place, weight in zip(places, weights, strict=True):
        spread[place] = weight
    return tuple(spread)
