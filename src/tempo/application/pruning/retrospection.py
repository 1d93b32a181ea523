"""Judging earlier steps of a run by what came later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.pruning.ledger import AttentionLedger
from tempo.domain.pruning.retroactive import CompleteMode, Evidence
from tempo.domain.pruning.verdict import Judged, require_one_each

if TYPE_CHECKING:
    from tempo.application.decoding.sequence_state import SequenceState
    from tempo.domain.capture import LayerWeights
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.retroactive import RetroactivePruning
    from tempo.domain.pruning.verdict import Verdict
    from tempo.domain.tokens import Candidate, LogicalStep, Slot, TokenId
    from tempo.domain.trellis import Trellis

Place = tuple[int, int]
"""A member: step index and member index."""

NOT_CAPTURED = np.empty(0)

MOST_TOLD = 256
"""So many verdicts of one moment are told, whatever number of steps is judged again."""

SMALLEST_CHANGE = 0.01
"""A soft weight that moves by less is left as it is."""


@dataclass(slots=True)
class Judgement:
    """What the verdicts of one moment ask for, before anything is done.

    Attributes:
        shares: by step index, [k] share of the live paths that pass each live member.
        verdicts: of the members that were held against the rule, by step.
        chosen: by step index, the members to take away.
        weights: members that later tokens see at another weight from now on; 0 for not at all.
        removed: indices of steps to take away as a whole.
        judged: by step number, the candidates that the rule looked at.
    """

    shares: dict[int, FloatArray]
    verdicts: dict[Place, Verdict] = field(default_factory=dict)
    chosen: dict[int, list[int]] = field(default_factory=dict)
    weights: dict[Place, float] = field(default_factory=dict)
    removed: list[int] = field(default_factory=list)
    judged: dict[LogicalStep, tuple[TokenId, ...]] = field(default_factory=dict)

    @property
    def first(self) -> int | None:
        """Index of the first step that changes, None if nothing does."""
        places = [*self.chosen, *self.removed, *(index for index, _ in self.weights)]
        return min(places, default=None)

    def told(self, trellis: Trellis) -> tuple[Judged, ...]:
        """Return what the rule says of each candidate, those of the newest steps if many."""
        found = []
        for index, member in list(self.verdicts)[-MOST_TOLD:]:
            step = trellis.steps[index]
            token = step.token_set.members[member].token_id
            found.append(Judged(step.step, token, self.verdicts[index, member]))
        return tuple(found)


class Retrospection:
    """Applies one rule to earlier steps, each at its time."""

    def __init__(
        self,
        pruning: RetroactivePruning,
        max_steps: int,
        captured: tuple[LayerWeights, ...] = (),
    ) -> None:
        """Judge all steps; thresholds may move over `max_steps`.

        `captured` are the entries of attention received that the session takes down.
        """
        self._captured = captured
        self.pruning = pruning
        self._committed = 0
        self._max_steps = max_steps
        self._ledger = AttentionLedger(pruning.rule.decay)
        self._judged_to = 0

    def copy(self) -> Retrospection:
        """Return an equal one that goes its own way."""
        twin = Retrospection(self.pruning, self._max_steps, self._captured)
        twin._committed, twin._judged_to = self._committed, self._judged_to
        twin._ledger = self._ledger.copy()
        return twin

    def observe_again_from(self, earlier: Retrospection) -> None:
        """Forget what was observed since an earlier moment."""
        self._ledger = earlier._ledger.copy()

    def begin_after(self, steps: int) -> None:
        """Judge no step before those that follow so many committed ones."""
        self._committed = self._judged_to = steps

    @property
    def final(self) -> int:
        """How many leading steps no verdict can change any more."""
        return self._committed if self.pruning.comprehensive else self._judged_to

    def observe(self, trellis: Trellis, state: SequenceState) -> None:
        """Take down what attention the last pass gave to steps that are still to be judged."""
        asked = self.pruning.rule.capture.received
        if not asked or not trellis.steps:
            return
        entry = self._captured.index(asked[0])
        watched = self._watched(trellis)
        held = [slot for slot in watched if state.layout.holds(slot)]
        masses = state.received(held, trellis.frontier)[entry].tolist() if held else []
        self._ledger.add(watched, dict(zip(held, masses, strict=True)))

    def _watched(self, trellis: Trellis) -> list[Slot]:
        """Return the live members, before the newest step, that will be judged later."""
        lag = self.pruning.lag
        first = 0 if self.pruning.comprehensive else max(0, len(trellis.steps) - lag)
        return [
            slot
            for index in range(first, len(trellis.steps) - 1)
            if trellis.steps[index].step >= self._committed
            for slot in trellis.moments[index + 1].frontier.slots
        ]

    def judge(self, trellis: Trellis) -> Judgement | None:
        """Hold the steps whose time has come against the rule; None if nothing is to be done."""
        newest = trellis.steps[-1].step
        due = self._due(trellis, newest)
        if not due or not trellis.frontier.slots:
            return None
        first = due[0]
        judgement = Judgement(_shares(trellis, first))
        leader = trellis.steps[-1].token_set.live_indices[int(trellis.frontier.scores.argmax())]
        leading = trellis.chain(len(trellis.steps) - 1, leader, first)
        for index in due:
            self._judge_step(trellis, index, leading[index - first], newest, judgement)
        self._judged_to = max(self._judged_to, newest - self.pruning.lag + 1)
        return judgement

    def _due(self, trellis: Trellis, newest: int) -> list[int]:
        last = trellis.index_of(newest - self.pruning.lag)
        if not self.pruning.comprehensive:
            new = last is not None and newest - self.pruning.lag >= self._judged_to
            return [last] if last is not None and new else []
        return [
            index
            for index, step in enumerate(trellis.steps)
            if self._committed <= step.step <= newest - self.pruning.lag
        ]

    def _judge_step(
        self, trellis: Trellis, index: int, leading: int, newest: int, judgement: Judgement
    ) -> None:
        step = trellis.steps[index]
        live = step.token_set.live_indices
        mode = self.pruning.complete_mode
        judgement.judged[step.step] = tuple(one.token_id for one in step.token_set.live)
        if len(live) == 1 and mode is CompleteMode.KEEP_TOKEN:
            return  # the last one stays, whatever is said of it
        slots = trellis.moments[index + 1].frontier.slots
        received = self._ledger.means(slots) if self._captured else NOT_CAPTURED
        evidence = Evidence(judgement.shares[index], received)
        verdicts = self.pruning.rule.verdicts(evidence, newest, self._max_steps)
        require_one_each(verdicts, len(live), self.pruning.rule)
        falls = all(verdict.prunes for verdict in verdicts)
        for member, verdict in zip(live, verdicts, strict=True):
            place = (index, member)
            if member != leading and verdict.prunes:
                judgement.chosen.setdefault(index, []).append(member)
            elif falls and mode is CompleteMode.REMOVE_POSITION and _is_removable(trellis, index):
                judgement.removed.append(index)
            elif falls and mode is CompleteMode.KEEP_UNATTENDED:
                judgement.weights[place] = 0.0
            elif verdict.weight > 0.0:
                self._weaken(step.token_set.members[member], verdict.weight, place, judgement)
            judgement.verdicts[place] = verdict

    def _weaken(self, member: Candidate, weight: float, place: Place, judgement: Judgement) -> None:
        wanted = min(weight, member.attention) if self.pruning.monotone else weight
        if abs(wanted - member.attention) >= SMALLEST_CHANGE or (
            wanted == 1.0 and member.attention < 1.0
        ):
            judgement.weights[place] = wanted


def _is_removable(trellis: Trellis, index: int) -> bool:
    """Whether no text ends at a step, which can then leave as a whole."""
    return len(trellis.steps[index].token_set.live_indices) == trellis.steps[index].width


def _shares(trellis: Trellis, first: int) -> dict[int, FloatArray]:
    """Return, from step `first` on, the share of the live paths that pass each live member."""
    share = trellis.frontier.weights
    shares = {len(trellis.steps) - 1: share}
    for index in range(len(trellis.steps) - 1, first, -1):
        onward = trellis.moments[index + 1].onward
        if onward is not None:
            share = onward.parent_posterior @ share
        shares[index - 1] = share
    return shares
