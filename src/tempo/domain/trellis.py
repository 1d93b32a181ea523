"""A lattice while it grows: its steps, and the forward state after each of them.

Candidates may be taken out again; whatever follows from their step is redone (design section 2.8).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.ending import Ending
from tempo.domain.frontier import Frontier, Transition, carry_forward
from tempo.domain.tokens import TokenSet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tempo.domain.hypothesis import Hypothesis
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.superposition import Superposition
    from tempo.domain.tokens import Candidate, Slot


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """The forward state after some steps.

    Attributes:
        frontier: the newest step's live candidates.
        ending: what has finished.
        onward: how the frontier before leads to them; None before the first step, and where
            nothing is live.
    """

    frontier: Frontier = field(default_factory=Frontier.of_prompt)
    ending: Ending = field(default_factory=Ending)
    onward: Transition | None = None

    @classmethod
    def along(cls, step: LatticeStep) -> Moment:
        """Return the state after a committed step, on a single path."""
        member = step.token_set.members[0]
        slots = () if member.slot is None else (member.slot,)
        score = np.array([member.score])
        frontier = Frontier(slots, np.ones(1), score, score)
        return cls(frontier, Ending().along(member.score))

    def after(
        self,
        transition: Transition,
        live: Sequence[int],
        slots: tuple[Slot, ...],
        index: int,
        rule: Superposition | None,
    ) -> Moment:
        """Return the state after step `index`, `live` of whose members have `slots`.

        Without a rule no lineage is given: none is asked for where no later step looks so far back.
        """
        ending = self.ending.after(transition, live, index)
        if not live:
            return Moment(Frontier.of_nothing(), ending)
        onward = transition.among(live)
        frontier = Frontier(
            slots=slots,
            weights=onward.weights,
            scores=onward.scores,
            plain_scores=onward.plain_scores,
            lineage=() if rule is None else rule.lineage(self.frontier, onward),
        )
        return Moment(frontier, ending, onward)


class Trellis:
    """Steps and the forward state after each; `moments[i]` is the state before `steps[i]`.

    A step's place in the list is its index; its number may be larger, where positions were removed.
    """

    def __init__(self, rule: Superposition) -> None:
        """Start before the first step, under a rule that gives lineages."""
        self.rule = rule
        self.steps: list[LatticeStep] = []
        self.moments: list[Moment] = [Moment()]

    @property
    def frontier(self) -> Frontier:
        """The live candidates of the newest step."""
        return self.moments[-1].frontier

    @property
    def ending(self) -> Ending:
        """What has finished."""
        return self.moments[-1].ending

    @property
    def live(self) -> tuple[Hypothesis, ...]:
        """The unfinished hypotheses, in the order of the newest step's members."""
        if not self.steps:
            return ()
        live = self.steps[-1].token_set.live_indices
        scores = self.frontier.scores.tolist()
        return self.ending.going_on(len(self.steps) - 1, live, scores)

    @property
    def next_number(self) -> int:
        """The number of the step to come: as many as there were, those that left again too."""
        return self.steps[-1].step + 1 if self.steps else 0

    def index_of(self, number: int) -> int | None:
        """Return the index of the step with a number, None if it is not there."""
        index = bisect_left(self.steps, number, key=lambda step: step.step)
        there = index < len(self.steps) and self.steps[index].step == number
        return index if there else None

    def steps_from(self, number: int) -> list[LatticeStep]:
        """Return the steps with a number or a higher one."""
        return self.steps[bisect_left(self.steps, number, key=lambda step: step.step) :]

    def append(self, step: LatticeStep, moment: Moment) -> None:
        """Take a step and the state after it."""
        self.steps.append(step)
        self.moments.append(moment)

    def follow(self, step: LatticeStep, slots: tuple[Slot, ...]) -> None:
        """Take a step whose weights, scores and masses are computed from its transitions."""
        self.append(*self._followed(len(self.steps), step, slots, self.rule))

    def _followed(
        self, index: int, step: LatticeStep, slots: tuple[Slot, ...], rule: Superposition | None
    ) -> tuple[LatticeStep, Moment]:
        """Return a step with what follows from its transitions, and the state after it."""
        before = self.moments[index]
        transition = carry_forward(before.frontier, step.transitions, step.plain_transitions)
        live = step.token_set.live_indices
        moment = before.after(transition, live, slots, index, rule)
        earlier = self.steps[index - 1].token_set.live_indices if index else ()
        members = _weighed(step, transition, moment.frontier, earlier)
        followed = step.standing(members, transition.kept_mass, moment.ending.mass)
        return followed, moment

    def redo(self, first: int) -> None:
        """Compute weights, scores, masses and lineages anew from step `first` on."""
        for index in range(first, len(self.steps)):
            self._redo(index, self.steps[index])

    def _redo(self, index: int, step: LatticeStep) -> None:
        """Put a step in its place, with what follows from its transitions.

        Rows to come see softly as far back as the window goes, and ask for no older lineage.
        """
        window = 1.0 if math.isinf(self.rule.window) else self.rule.window
        rule = self.rule if len(self.steps) - index <= max(1.0, window) else None
        slots = tuple(one.slot for one in step.token_set.live if one.slot is not None)
        self.steps[index], self.moments[index + 1] = self._followed(index, step, slots, rule)

    def remove(self, gone: Mapping[int, Mapping[int, Candidate]]) -> None:
        """Take members out, by step index and member index; what they become is given.

        Raises:
            InvalidValueError: if a step would be left without members.
        """
        rows: Collection[int] = ()
        for index in range(min(gone), len(self.steps)):
            step, leaving = self.steps[index], gone.get(index, {})
            live = step.token_set.live_indices
            self._redo(index, _without(step, leaving, rows))
            rows = [place for place, member in enumerate(live) if member in leaving]

    def splice(self, index: int) -> None:
        """Take out a whole step of one live member; those after it go on from those before."""
        step, later = self.steps[index], self.steps[index + 1]
        self.steps[index + 1] = replace(
            later,
            transitions=step.transitions + later.transitions,
            plain_transitions=step.plain_transitions + later.plain_transitions,
        )
        del self.steps[index], self.moments[index + 1]
        self.redo(index)

    def chain(self, index: int, member: int, first: int = 0) -> list[int]:
        """Return the best parent chain that ends at a member, a member index a step from `first`.

        Its last entry stands for step `index`.
        """
        found = [member]
        for at in range(index, first, -1):
            parent = self.steps[at].token_set.members[found[-1]].parent
            found.append(0 if parent is None else parent)
        return found[::-1]

    def rewind(self, earlier: Trellis) -> None:
        """Become what a copy kept."""
        self.steps, self.moments = earlier.steps.copy(), earlier.moments.copy()

    def copy(self) -> Trellis:
        """Return an equal trellis that changes by itself."""
        twin = Trellis(self.rule)
        twin.rewind(self)
        return twin


def _weighed(
    step: LatticeStep, transition: Transition, frontier: Frontier, earlier: Sequence[int]
) -> tuple[Candidate, ...]:
    """Return a step's members with their weights, scores and parents among the earlier live."""
    members, live = step.token_set.members, step.token_set.live_indices
    weights = frontier.weights.tolist()
    if len(live) < len(members):
        by_index = dict(zip(live, weights, strict=True))
        weights = [by_index.get(index, 0.0) for index in range(len(members))]
    rows = transition.best_parent
    parents = [earlier[row] for row in rows] if earlier else [None] * len(members)
    standing = zip(members, weights, transition.scores.tolist(), parents, strict=True)
    return tuple([member.standing(*where) for member, *where in standing])


def _without(
    step: LatticeStep, leaving: Mapping[int, Candidate], rows: Collection[int]
) -> LatticeStep:
    """Return a step without some members, and without some rows of its tables."""
    if not leaving and not rows:
        return step
    tables = (step.transitions, step.plain_transitions)
    if rows:
        kept_rows = [row for row in range(len(step.transitions)) if row not in rows]
        tables = (tables[0].take(kept_rows, 0), tables[1].take(kept_rows, 0))
    if not leaving:
        return step.over(step.token_set, step.others, *tables)
    members = step.token_set.members
    staying = [index for index in range(len(members)) if index not in leaving]
    others = sorted((*step.others, *leaving.values()), key=lambda one: one.rank)
    return step.over(
        TokenSet(step.step, tuple(members[index] for index in staying)),
        tuple(others),
        tables[0].take(staying, 1),
        tables[1].take(staying, 1),
    )
