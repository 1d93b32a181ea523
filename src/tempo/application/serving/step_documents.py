"""Steps, candidates and decisions as plain data: what events of a run consist of."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.serving.event_log import Document
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.pruning.verdict import Judged
    from tempo.domain.tokens import Candidate

DIGITS = 6
"""Decimals of a probability in an event."""


def leader(candidates: Sequence[Candidate]) -> int:
    """Return where the member with the best path stands among a step's candidates."""
    members = [place for place, one in enumerate(candidates) if one.state.is_member]
    return max(members, key=lambda place: candidates[place].score)


def step_document(step: LatticeStep) -> Document:
    """Return a step with its candidates by rank, and how its members follow from those before.

    `transitions` [k, m] are natural logarithms of each member's probability after each live member
    of the step before, the prompt before the first; None stands for no probability at all.
    """
    candidates = step.candidates
    return {
        "step": step.step,
        "entropy": round(step.entropy, DIGITS),
        "primary": leader(candidates),
        "threshold": step.threshold,
        "covered": round(min(1.0, sum(one.probability for one in candidates)), DIGITS),
        "kept_mass": round(step.kept_mass, DIGITS),
        "candidates": [_candidate(one) for one in candidates],
        "transitions": _table(step.transitions),
    }


def _candidate(candidate: Candidate) -> Document:
    return {
        "id": candidate.token_id,
        **spelled(candidate.content),
        "p": round(candidate.probability, DIGITS),
        "rank": candidate.rank,
        "phys": candidate.slot,
        "parent": candidate.parent,
        "weight": round(candidate.weight, DIGITS) if candidate.state.is_member else None,
        "score": candidate.score if math.isfinite(candidate.score) else None,
        "state": candidate.state.value,
        "reason": candidate.reason,
    }


def _table(transitions: FloatArray) -> list[list[float | None]]:
    rows: list[list[float | None]] = transitions.round(DIGITS).tolist()
    if -math.inf not in transitions:
        return rows
    return [[None if value == -math.inf else value for value in row] for row in rows]


def decision_document(decision: PruningDecision) -> Document:
    """Return what was done to one candidate."""
    return {
        "step": decision.step,
        "token_id": decision.token_id,
        "rule": decision.rule,
        "effect": decision.effect.value,
        "score": decision.score,
        "threshold": decision.threshold,
        "mass": decision.mass,
    }


def judged_document(judged: Judged) -> Document:
    """Return what a rule says of one candidate."""
    verdict = judged.verdict
    return {
        "step": judged.step,
        "token_id": judged.token_id,
        "rule": verdict.rule,
        "score": round(verdict.score, DIGITS),
        "threshold": round(verdict.threshold, DIGITS),
        "weight": round(verdict.weight, DIGITS),
    }


def spelled(content: bytes) -> dict[str, Any]:
    """Return a token's text, and its bytes where they are no UTF-8 by themselves."""
    try:
        return {"text": content.decode(), "bytes": None}
    except UnicodeDecodeError:
        shown = content.decode(errors="replace")
        return {"text": shown, "bytes": base64.b64encode(content).decode()}
