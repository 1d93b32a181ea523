"""A record as plain data that JSON can hold: the lattice document, version 1."""

from __future__ import annotations

import base64
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tempo.infrastructure.storage.document_models import FORMAT, VERSION

if TYPE_CHECKING:
    from tempo.application.records.record import RunRecord
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.paths import Path
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import Candidate

Document = dict[str, Any]


def document(record: RunRecord) -> Document:
    """Return a record as a document: every candidate by itself, so that no text is parsed."""
    known, lattice = record.provenance, record.lattice
    return {
        "format": FORMAT,
        "version": VERSION,
        "model": None if known.model is None else asdict(known.model),
        "settings": None if known.settings is None else dict(known.settings),
        "stop": list(known.stop),
        "steered": known.steered,
        "committed": known.committed,
        "settled": known.settled,
        "prompt": known.prompt,
        "prompt_ids": list(lattice.prompt_ids),
        "text": record.text,
        "best_path": list(record.best),
        "finished": record.finished,
        "finish_reason": None if known.finish_reason is None else known.finish_reason.value,
        "finished_mass": record.finished_mass,
        "best_paths": [_path(path) for path in record.best_paths],
        "steps": [_step(step) for step in lattice.steps],
        "decisions": [_decision(decision) for decision in lattice.decisions],
    }


def _decision(decision: PruningDecision) -> Document:
    return asdict(decision) | {"effect": decision.effect.value}


def _path(path: Path) -> Document:
    return {"members": list(path.members), "score": path.score, "finished": path.finished}


def _step(step: LatticeStep) -> Document:
    return {
        "step": step.step,
        "entropy": step.entropy,
        "threshold": step.threshold,
        "kept_mass": step.kept_mass,
        "finished_mass": step.finished_mass,
        "cut": step.cut,
        "cut_mass": step.cut_mass,
        "near_ties": step.near_ties,
        "candidates": [_candidate(candidate) for candidate in step.candidates],
        "transitions": _table(step.transitions),
        "plain_transitions": _table(step.plain_transitions),
    }


def _candidate(candidate: Candidate) -> Document:
    entry: Document = {
        "token_id": candidate.token_id,
        "text": candidate.text,
        "probability": candidate.probability,
        "rank": candidate.rank,
        "state": candidate.state.value,
    }
    if candidate.content != candidate.text.encode():
        entry["bytes"] = base64.b64encode(candidate.content).decode()
    if candidate.reason is not None:
        entry["reason"] = candidate.reason
    if candidate.state.is_member:
        entry |= {
            "weight": candidate.weight,
            "score": _finite(candidate.score),
            "parent": candidate.parent,
            "posterior": None if candidate.posterior is None else _finite(candidate.posterior),
        }
    if candidate.attention != 1.0:
        entry["attention"] = candidate.attention
    return entry


def _finite(value: float) -> float | None:
    """Return a number, or None for the infinite ones and NaN, which JSON lacks."""
    return value if math.isfinite(value) else None


def _table(values: FloatArray) -> list[list[float | None]]:
    """Return a table of log-probabilities; None is minus infinity, which JSON lacks."""
    return [[None if cell == -math.inf else cell for cell in row] for row in values.tolist()]
