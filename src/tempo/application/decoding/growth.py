"""Making a selected step the newest of the trellis: slots, parents, and what its rows will see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.decoding.recording import recorded_step
from tempo.application.pruning.refinement import candidate_set, refined
from tempo.domain.visibility import Visibility

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.recording import SelectedStep
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.sequence_state import SequenceState
    from tempo.application.pruning.refinement import Refined
    from tempo.application.pruning.run import PruningRun
    from tempo.domain.frontier import Frontier
    from tempo.domain.node import Node
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import Slot, TokenId
    from tempo.domain.trellis import Moment, Trellis

Slots = tuple["Slot", ...]


@dataclass(frozen=True, slots=True)
class Grown:
    """What a step brought.

    Attributes:
        places: which of the selected live members are live now, by their places among them.
        released: how many rows left the cache because no row to come can see them.
        dropped: what a strategy dropped before it was kept.
    """

    places: tuple[int, ...]
    released: int
    dropped: tuple[PruningDecision, ...]


class Growth:
    """Appends steps to a trellis and to the sequence state beneath it."""

    def __init__(
        self,
        request: GenerationRequest,
        state: SequenceState,
        trellis: Trellis,
        pruning: PruningRun,
    ) -> None:
        """Grow a run's trellis."""
        self._request = request
        self._state = state
        self._trellis = trellis
        self._pruning = pruning

    def grow(self, selected: SelectedStep) -> Asking[Grown]:
        """Make the live members the frontier, without those that a strategy drops."""
        slots = self._append(selected)
        released = self._state.release(self._request.superposition.window) if slots else 0
        moment = self._moment(selected, slots)
        places: tuple[int, ...] = tuple(range(len(slots)))
        dropped: tuple[PruningDecision, ...] = ()
        if self._pruning.judges(len(slots)):
            left = yield from self._refined(selected, slots, moment)
            selected, places, dropped = left.selected, left.places, left.decisions
            moment = self._moment(selected, _among(slots, places))
        earlier = self._trellis.steps[-1] if self._trellis.steps else None
        self._trellis.append(recorded_step(selected, moment, earlier), moment)
        return Grown(places, released, dropped)

    def newest(self) -> tuple[Node, ...]:
        """Return the newest step's live members as tokens to feed."""
        before, moment = self._trellis.moments[-2:]
        tokens = [candidate.token_id for candidate in self._trellis.steps[-1].token_set.live]
        return self._nodes(tokens, before.frontier, moment)

    def _append(self, selected: SelectedStep) -> Slots:
        """Give the live members their slots and their places in the forest."""
        if not selected.live:
            return ()
        before = self._trellis.frontier.slots
        slots = self._state.layout.append(len(selected.live))
        rows = [selected.transition.best_parent[index] for index in selected.live]
        self._state.ancestry.grow(slots, [before[row] if before else None for row in rows])
        return slots

    def _moment(self, selected: SelectedStep, slots: Slots) -> Moment:
        """Return the state after a step that is not appended yet."""
        index, rule = len(self._trellis.steps), self._request.superposition
        before = self._trellis.moments[-1]
        return before.after(selected.transition, selected.live, slots, index, rule)

    def _refined(self, selected: SelectedStep, slots: Slots, moment: Moment) -> Asking[Refined]:
        """Judge the live members before they are kept; the rows of those that stay are there."""
        pruning, state, frontier = self._pruning, self._state, self._trellis.frontier
        number = self._trellis.next_number
        asked = candidate_set(selected, self._request.prompt_ids, self._trellis, state)
        sees_siblings = self._request.visibility is Visibility.VISIBLE
        unfed = state.mark() if sees_siblings else None
        feeds = pruning.feeds(len(slots))
        if feeds:
            yield from state.feed(self._nodes(asked.token_ids, frontier, moment))
        verdicts = pruning.judge_candidates(asked, state.attention)
        left = refined(selected, verdicts, moment.frontier.weights.tolist(), frontier, number)
        staying = _among(slots, left.places)
        freed = state.evict(set(slots) - set(staying))
        pruning.drop(left.decisions, asked, freed)
        if feeds and unfed is not None and left.decisions:
            state.unfeed(unfed)  # those that stay have seen those that go
            tokens = [asked.token_ids[place] for place in left.places]
            yield from state.feed(
                self._nodes(tokens, frontier, self._moment(left.selected, staying))
            )
        return left

    def _nodes(
        self, tokens: Sequence[TokenId], before: Frontier, moment: Moment
    ) -> tuple[Node, ...]:
        """Return live members as tokens to feed, each with what its row sees."""
        if moment.onward is None:
            return ()
        rule, slots = self._request.superposition, moment.frontier.slots
        lineage, ancestry = moment.frontier.lineage, self._state.ancestry
        histories = rule.histories(before, moment.onward, lineage, ancestry)
        parents = [before.slots[row] if before.slots else None for row in moment.onward.best_parent]
        return self._state.nodes(tokens, slots, parents, histories, self._request.visibility)


def _among(slots: Slots, places: Sequence[int]) -> Slots:
    return tuple(slots[place] for place in places)
