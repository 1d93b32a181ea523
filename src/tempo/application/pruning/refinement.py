"""Cutting a selected set down before it is kept: what a strategy drops never joins the lattice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.pruning.candidates import CandidateSet
from tempo.domain.frontier import carry_forward
from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.tokens import LogicalStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.recording import SelectedStep
    from tempo.application.decoding.sequence_state import SequenceState
    from tempo.domain.frontier import Frontier
    from tempo.domain.pruning.verdict import Verdict
    from tempo.domain.tokens import TokenId
    from tempo.domain.trellis import Trellis


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """A selected step after a strategy judged it.

    Attributes:
        selected: the step without what was dropped.
        places: which of the live members stay, by their places among the live ones.
        decisions: one for each candidate that was dropped.
    """

    selected: SelectedStep
    places: tuple[int, ...]
    decisions: tuple[PruningDecision, ...]


def candidate_set(
    selected: SelectedStep, prompt: tuple[TokenId, ...], trellis: Trellis, state: SequenceState
) -> CandidateSet:
    """Return what a rule is shown of a selected step's live members."""
    ranks = [selected.cut.members[index] for index in selected.live]
    proposal = selected.cut.proposal
    return CandidateSet(
        step=trellis.next_number,
        token_ids=tuple(proposal.token_ids[rank] for rank in ranks),
        probabilities=np.exp(proposal.log_probabilities[ranks]),
        context=prompt + _leading_tokens(trellis),
        weights=state.fed_weights(trellis.frontier),
    )


def _leading_tokens(trellis: Trellis) -> tuple[TokenId, ...]:
    """Return the tokens of the best path so far."""
    if not trellis.steps:
        return ()
    step = trellis.steps[-1]
    leader = step.token_set.live_indices[int(trellis.frontier.scores.argmax())]
    chain = trellis.chain(len(trellis.steps) - 1, leader)
    pairs = zip(trellis.steps, chain, strict=True)
    return tuple(entry.token_set.members[member].token_id for entry, member in pairs)


def refined(
    selected: SelectedStep,
    verdicts: Sequence[Verdict],
    shares: Sequence[float],
    frontier: Frontier,
    number: int,
) -> Refined:
    """Return a step without what its verdicts prune.

    `verdicts` and `shares`, the forward weights, are those of the live members; `frontier` holds
    the rows before.
    """
    cut = selected.cut
    places = tuple(place for place, verdict in enumerate(verdicts) if not verdict.prunes)
    decisions = {
        selected.live[place]: _dropped(selected, place, verdict, shares[place], number)
        for place, verdict in enumerate(verdicts)
        if verdict.prunes
    }
    staying = [index for index in range(len(cut.members)) if index not in decisions]
    rows = np.ascontiguousarray(selected.rows[:, staying])
    plain_rows = np.ascontiguousarray(selected.plain_rows[:, staying])
    reasons = {decision.token_id: decision.reason for decision in decisions.values()}
    reduced = replace(
        selected,
        cut=replace(
            cut,
            members=tuple(cut.members[index] for index in staying),
            reasons={**cut.reasons, **reasons},
        ),
        rows=rows,
        plain_rows=plain_rows,
        transition=carry_forward(frontier, rows, plain_rows),
        live=tuple(place for place, index in enumerate(staying) if index in selected.live),
    )
    return Refined(reduced, places, tuple(decisions.values()))


def _dropped(
    selected: SelectedStep, place: int, verdict: Verdict, share: float, number: int
) -> PruningDecision:
    rank = selected.cut.members[selected.live[place]]
    return PruningDecision(
        step=LogicalStep(number),
        token_id=selected.cut.proposal.token_ids[rank],
        rule=verdict.rule,
        score=verdict.score,
        threshold=verdict.threshold,
        decided_at=LogicalStep(number),
        effect=Effect.DROPPED,
        mass=min(1.0, share),
    )
