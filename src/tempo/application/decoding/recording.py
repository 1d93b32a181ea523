"""What a decoded step leaves in the lattice."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.commitment import PASSED_OVER
from tempo.domain.lattice import LatticeStep
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
    proposal, choice = selected.cut.proposal, selected.cut.choice
    probabilities = [math.exp(value) for value in proposal.log_probabilities.tolist()]
    return LatticeStep(
        step=number,
        token_set=TokenSet(number, _members(selected, moment.frontier, earlier, probabilities)),
        others=_others(selected.cut, probabilities),
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
    probabilities: Sequence[float],
) -> tuple[Candidate, ...]:
    transition = selected.transition
    rows = earlier.token_set.live_indices if earlier else ()
    places = {index: place for place, index in enumerate(selected.live)}
    weights, scores = frontier.weights.tolist(), transition.scores.tolist()
    members = []
    cut = selected.cut
    for index, rank in enumerate(cut.members):
        place = places.get(index)
        members.append(
            Candidate(
                token_id=cut.proposal.token_ids[rank],
                content=cut.contents[rank],
                probability=probabilities[rank],
                rank=rank,
                state=CandidateState.FINISHED if place is None else CandidateState.KEPT,
                weight=0.0 if place is None else weights[place],
                score=scores[index],
                parent=rows[transition.best_parent[index]] if rows else None,
                slot=None if place is None else frontier.slots[place],
            )
        )
    return tuple(members)


def _others(cut: Cut, probabilities: Sequence[float]) -> tuple[Candidate, ...]:
    chosen = set(cut.members)
    logs = cut.proposal.log_probabilities.tolist()
    others = []
    for rank, token_id in enumerate(cut.proposal.token_ids):
        if rank in chosen:
            continue
        state = cut.choice.state(rank, logs[rank])
        passed_over = state is CandidateState.KEPT
        others.append(
            Candidate(
                token_id=token_id,
                content=cut.contents[rank],
                probability=probabilities[rank],
                rank=rank,
                state=CandidateState.PRUNED if passed_over else state,
                reason=cut.reasons.get(token_id, PASSED_OVER) if passed_over else None,
            )
        )
    return tuple(others)


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
