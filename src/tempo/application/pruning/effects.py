"""What the verdicts of one moment do to a run's trellis and to its cache."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.pruning.departure import Departure
from tempo.domain.tokens import Candidate, CandidateState, TokenSet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tempo.application.decoding.sequence_state import SequenceState
    from tempo.application.pruning.retrospection import Judgement, Place
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import LogicalStep, Slot
    from tempo.domain.trellis import Trellis


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, named so that it can be done in any order.

    Attributes:
        decisions: one for each candidate that something is done to.
        gone: by step index and member index, what the members that leave become.
        slots: those that leave the cache with what they descend from.
        removed: numbers of the steps that leave as a whole.
        first: number of the first step that changes.
        barred: those that leave and have to be kept out where their step is decoded again: all
            but the descendants of what is kept out itself.
    """

    decisions: tuple[PruningDecision, ...]
    gone: dict[int, dict[int, Candidate]]
    slots: tuple[Slot, ...]
    removed: tuple[LogicalStep, ...]
    first: LogicalStep
    barred: tuple[PruningDecision, ...]

    def recomputed(self, first: LogicalStep) -> Plan:
        """Return what is decided where all from step `first` on is decoded again."""
        stay = tuple(one for one in self.decisions if not one.effect.leaves or one in self.barred)
        return replace(self, decisions=stay, first=first)

    @property
    def weighed(self) -> tuple[PruningDecision, ...]:
        """What is decided of members that stay: later tokens see them at another weight."""
        return tuple(one for one in self.decisions if not one.effect.leaves)

    @property
    def has_roots(self) -> bool:
        """Whether some leave by a verdict of their own."""
        return any(one.effect is Effect.PRUNED for one in self.decisions)


def plan_of(judgement: Judgement, trellis: Trellis) -> Plan | None:
    """Return what a judgement asks for; None if it asks for nothing."""
    if judgement.first is None:
        return None
    steps = trellis.steps
    departure = Departure.of(steps, judgement.chosen)
    gone: dict[int, dict[int, Candidate]] = {}
    acts = _acts(judgement, departure, steps)
    decisions = [_decision(judgement, trellis, *one) for one in acts]
    for (place, *_), decision in zip(acts, decisions, strict=True):
        if decision.effect in {Effect.PRUNED, Effect.DESCENDANT}:
            gone.setdefault(place[0], {})[place[1]] = _pruned(
                _member(steps, place), decision.reason
            )
    pruned = {place for place, _, effect, _ in acts if effect is Effect.PRUNED}
    kept_out = [place in pruned or root not in pruned for place, root, _, _ in acts]
    return Plan(
        decisions=tuple(decisions),
        gone=gone,
        slots=tuple(departure.slots(steps)),
        removed=tuple(one.step for one in decisions if one.effect is Effect.POSITION_REMOVED),
        first=steps[judgement.first].step,
        barred=tuple(
            one for one, out in zip(decisions, kept_out, strict=True) if out and one.effect.leaves
        ),
    )


Act = tuple["Place", "Place", Effect, float]
"""A member, the one whose verdict holds for it, what is done, and the weight that is left."""


def _acts(judgement: Judgement, departure: Departure, steps: list[LatticeStep]) -> list[Act]:
    """Return what is to be done to whom, by step."""
    acts: list[Act] = []
    for place, root in sorted(departure.roots.items()):
        if _member(steps, place).state is CandidateState.FINISHED:
            continue
        effect = Effect.PRUNED if place == root else Effect.DESCENDANT
        stays = place not in departure.leaving
        acts.append((place, root, Effect.UNATTENDED if stays else effect, 0.0))
    for place, weight in judgement.weights.items():
        if place in departure.roots:
            continue  # whatever its own verdict, it leaves with an ancestor
        effect = Effect.WEAKENED if weight > 0.0 else Effect.UNATTENDED
        acts.append((place, place, effect, weight))
    for index in _removable(judgement, departure.leaving, steps):
        live = steps[index].token_set.live_indices
        place = next((index, one) for one in live if (index, one) not in departure.leaving)
        acts.append((place, place, Effect.POSITION_REMOVED, 0.0))
    return acts


def _removable(
    judgement: Judgement, leaving: Collection[Place], steps: list[LatticeStep]
) -> list[int]:
    """Return the steps of which one member is left; one that a finished text needs stays."""
    return [
        index
        for index in judgement.removed
        if sum((index, member) not in leaving for member in range(steps[index].width)) == 1
    ]


def _member(steps: list[LatticeStep], place: Place) -> Candidate:
    return steps[place[0]].token_set.members[place[1]]


def _pruned(candidate: Candidate, reason: str) -> Candidate:
    """Return a candidate as it leaves: without all that it had as a member."""
    return Candidate(
        candidate.token_id,
        candidate.content,
        candidate.probability,
        candidate.rank,
        CandidateState.PRUNED,
        reason=reason,
    )


def _decision(  # noqa: PLR0913, PLR0917 - an act and what it is read against
    judgement: Judgement,
    trellis: Trellis,
    place: Place,
    root: Place,
    effect: Effect,
    weight: float,
) -> PruningDecision:
    step = trellis.steps[place[0]]
    verdict = judgement.verdicts[root]
    live = step.token_set.live_indices
    share = float(judgement.shares[place[0]][live.index(place[1])])
    return PruningDecision(
        step=step.step,
        token_id=step.token_set.members[place[1]].token_id,
        rule=verdict.rule,
        score=verdict.score,
        threshold=verdict.threshold,
        decided_at=trellis.steps[-1].step,
        effect=effect,
        mass=min(1.0, max(0.0, share)),
        weight=weight,
    )


def redo_trellis(plan: Plan, trellis: Trellis) -> float:
    """Take out of the trellis what leaves; return the share of the live paths that left."""
    before = trellis.ending.log_kept
    if plan.gone:
        trellis.remove(plan.gone)
    return min(1.0, max(0.0, -math.expm1(trellis.ending.log_kept - before)))


def free_rows(plan: Plan, trellis: Trellis, state: SequenceState) -> int:
    """Take out of the cache what left the trellis, and whole steps of both; return the rows."""
    freed = state.evict(plan.slots) if plan.slots else 0
    for number in plan.removed:
        index = trellis.index_of(number)
        if index is not None:
            (slot,) = trellis.moments[index + 1].frontier.slots
            trellis.splice(index)
            freed += state.splice(slot)
    return freed


def weigh(
    decisions: Iterable[PruningDecision], trellis: Trellis, state: SequenceState, *, hold: bool
) -> int:
    """Let later tokens see members at the weights decided; what none sees leaves the cache.

    With `hold` it stays in the cache, masked, so that it can be seen again. Returns the rows.
    """
    freed = 0
    for decision in decisions:
        slot = _reweigh(trellis, decision)
        if slot is None:
            continue
        if decision.weight > 0.0 or hold:
            state.attenuate(slot, decision.weight)
        else:
            freed += state.mask((slot,))
    return freed


def _reweigh(trellis: Trellis, decision: PruningDecision) -> Slot | None:
    """Record a member's weight in the trellis; return its slot, None if it is not there."""
    index = trellis.index_of(decision.step)
    if index is None:
        return None
    step, slot = trellis.steps[index], None
    members = list(step.token_set.members)
    for place, one in enumerate(members):
        if one.token_id == decision.token_id:
            slot = one.slot
            members[place] = replace(one, attention=decision.weight, reason=decision.reason)
    trellis.steps[index] = replace(step, token_set=TokenSet(step.step, tuple(members)))
    return slot
