"""What a decoded step leaves in the lattice."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tempo.domain.commitment import PASSED_OVER
from tempo.domain.lattice import LatticeStep
from tempo.domain.tokens import Candidate, CandidateState, LogicalStep, TokenSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.frontier import Frontier, Transition
    from tempo.domain.lattice import Lattice
    from tempo.domain.proposal import FloatArray, Proposal
    from tempo.domain.selection import Choice


@dataclass(frozen=True, slots=True, eq=False)
class SelectedStep:
    """A proposal after the cut; `c` candidates considered, `m` of them members.

    Attributes:
        proposal: what the rows offered.
        choice: the cut.
        members: [m] ranks of the members among the considered, increasing.
        rows: [k, m] the earlier rows' log-probabilities of the members, after the processors.
        plain_rows: [k, m] the same before any processor.
        contents: [c] bytes of each candidate.
        transition: how the rows lead to the members.
        live: indices, among the members, of those that go on.
    """

    proposal: Proposal
    choice: Choice
    members: tuple[int, ...]
    rows: FloatArray
    plain_rows: FloatArray
    contents: tuple[bytes, ...]
    transition: Transition
    live: tuple[int, ...]


def recorded_step(
    selected: SelectedStep, frontier: Frontier, earlier: LatticeStep | None, finished_mass: float
) -> LatticeStep:
    """Return the lattice's record of a step; `frontier` holds its live members' weights."""
    number = LogicalStep(0 if earlier is None else earlier.step + 1)
    probabilities = [math.exp(value) for value in selected.proposal.log_probabilities.tolist()]
    choice = selected.choice
    return LatticeStep(
        step=number,
        token_set=TokenSet(number, _members(selected, frontier, earlier, probabilities)),
        others=_others(selected, probabilities),
        transitions=selected.rows,
        plain_transitions=selected.plain_rows,
        entropy=selected.proposal.entropy,
        threshold=choice.threshold,
        kept_mass=selected.transition.kept_mass,
        finished_mass=finished_mass,
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
    for index, rank in enumerate(selected.members):
        place = places.get(index)
        members.append(
            Candidate(
                token_id=selected.proposal.token_ids[rank],
                content=selected.contents[rank],
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


def _others(selected: SelectedStep, probabilities: Sequence[float]) -> tuple[Candidate, ...]:
    chosen = set(selected.members)
    logs = selected.proposal.log_probabilities.tolist()
    others = []
    for rank, token_id in enumerate(selected.proposal.token_ids):
        if rank in chosen:
            continue
        state = selected.choice.state(rank, logs[rank])
        passed_over = state is CandidateState.KEPT
        others.append(
            Candidate(
                token_id=token_id,
                content=selected.contents[rank],
                probability=probabilities[rank],
                rank=rank,
                state=CandidateState.PRUNED if passed_over else state,
                reason=PASSED_OVER if passed_over else None,
            )
        )
    return tuple(others)


def with_posteriors(lattice: Lattice) -> Lattice:
    """Return the lattice with each member's posterior filled in."""
    steps = tuple(
        replace(step, token_set=TokenSet(step.step, _weighed(step, shares.tolist())))
        for step, shares in zip(lattice.steps, lattice.posteriors(), strict=True)
    )
    return replace(lattice, steps=steps)


def _weighed(step: LatticeStep, shares: Sequence[float]) -> tuple[Candidate, ...]:
    return tuple(
        replace(member, posterior=share)
        for member, share in zip(step.token_set.members, shares, strict=True)
    )
