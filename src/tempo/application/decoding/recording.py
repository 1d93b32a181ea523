"""What a decoded step leaves in the lattice."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.lattice import LatticeStep
from tempo.domain.overlooked import Overlooked
from tempo.domain.tokens import Candidate, CandidateState, LogicalStep, TokenSet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.frontier import Frontier, Transition
    from tempo.domain.lattice import Lattice
    from tempo.domain.proposal import FloatArray, Proposal
    from tempo.domain.selection import Choice
    from tempo.domain.tokens import TokenId
    from tempo.domain.trellis import Moment


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A proposal after the cut; `c` candidates considered, `m` of them members.

    Attributes:
        proposal: what the rows offered.
        choice: the threshold and the cap.
        contents: [c] bytes of each candidate.
        members: [m] ranks of the members among the considered, increasing.
        reasons: why a candidate that passed the cut is no member, where it was pruned.
    """

    proposal: Proposal
    choice: Choice
    contents: tuple[bytes, ...]
    members: tuple[int, ...]
    reasons: Mapping[TokenId, str]

    @property
    def rows(self) -> FloatArray:
        """[k, m] the earlier rows' log-probabilities of the members, after the processors."""
        return self._columns(self.proposal.rows)

    @property
    def plain_rows(self) -> FloatArray:
        """[k, m] the same before any processor."""
        return self._columns(self.proposal.plain_rows)

    def _columns(self, table: FloatArray) -> FloatArray:
        # As a file gives them back: another layout in memory would round sums in another order.
        count = len(self.members)
        if self.members[-1] == count - 1:  # they are the first ones
            return table[:, :count].copy()
        return np.ascontiguousarray(table[:, list(self.members)])


@dataclass(frozen=True, slots=True, eq=False)
class SelectedStep:
    """A cut and what follows from it.

    Attributes:
        cut: the candidates and the members among them.
        rows: [k, m] the earlier rows' log-probabilities of the members, after the processors.
        plain_rows: [k, m] the same before any processor.
        transition: how the rows lead to the members.
        live: indices, among the members, of those that go on.
    """

    cut: Cut
    rows: FloatArray
    plain_rows: FloatArray
    transition: Transition
    live: tuple[int, ...]


def recorded_step(
    selected: SelectedStep, moment: Moment, earlier: LatticeStep | None
) -> LatticeStep:
    """Return the lattice's record of a step; `moment` is the state after it."""
    number = LogicalStep(0 if earlier is None else earlier.step + 1)
    cut, proposal, choice = selected.cut, selected.cut.proposal, selected.cut.choice
    logs = proposal.log_probabilities.tolist()
    return LatticeStep(
        step=number,
        token_set=TokenSet(number, _members(selected, moment.frontier, earlier, logs)),
        others=Overlooked(proposal.token_ids, cut.contents, logs, choice, cut.members, cut.reasons),
        transitions=selected.rows,
        plain_transitions=selected.plain_rows,
        entropy=proposal.entropy,
        threshold=choice.threshold,
        kept_mass=selected.transition.kept_mass,
        finished_mass=moment.ending.mass,
        cut=choice.cut,
        cut_mass=choice.cut_mass,
        near_ties=choice.near_ties,
    )


def _members(
    selected: SelectedStep,
    frontier: Frontier,
    earlier: LatticeStep | None,
    logs: Sequence[float],
) -> tuple[Candidate, ...]:
    transition = selected.transition
    rows = earlier.token_set.live_indices if earlier else ()
    going_on = dict(
        zip(selected.live, zip(frontier.weights.tolist(), frontier.slots, strict=True), strict=True)
    )
    kept, finished = CandidateState.KEPT, CandidateState.FINISHED
    cut, members = selected.cut, []
    standing = zip(cut.members, transition.scores.tolist(), transition.best_parent, strict=True)
    for index, (rank, score, row) in enumerate(standing):
        weight, slot = going_on.get(index, (0.0, None))
        state = finished if slot is None else kept
        parent = rows[row] if rows else None
        token_id, content, probability = (
            cut.proposal.token_ids[rank], cut.contents[rank], math.exp(logs[rank]),
        )  # fmt: skip
        members.append(
            Candidate(
                token_id, content, probability, rank, state, weight, score, parent, None, slot
            )
        )
    return tuple(members)


def with_posteriors(lattice: Lattice) -> Lattice:
    """Return the lattice with each member's posterior filled in."""
    steps = tuple(
        step.standing(_weighed(step, shares.tolist()), step.kept_mass, step.finished_mass)
        for step, shares in zip(lattice.steps, lattice.posteriors(), strict=True)
    )
    return replace(lattice, steps=steps)


def _weighed(step: LatticeStep, shares: Sequence[float]) -> tuple[Candidate, ...]:
    return tuple(
        member.holding(share) for member, share in zip(step.token_set.members, shares, strict=True)
    )
