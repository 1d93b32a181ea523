"""A lattice as plain data that JSON can hold, and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import Lattice, LatticeStep
from tempo.domain.tokens import Candidate, CandidateState, LogicalStep, TokenId, TokenSet

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray

FORMAT = "tempo-lattice"
VERSION = 1

Document = dict[str, Any]


def document(lattice: Lattice) -> Document:
    """Return a lattice as a document: every candidate by itself, so that no text is parsed."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "prompt_ids": list(lattice.prompt_ids),
        "steps": [_step(step) for step in lattice.steps],
    }


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
            "score": candidate.score,
            "parent": candidate.parent,
            "posterior": candidate.posterior,
        }
    return entry


def _table(values: FloatArray) -> list[list[float | None]]:
    """Return a table of log-probabilities; None is minus infinity, which JSON lacks."""
    return [[None if np.isneginf(cell) else cell for cell in row] for row in values.tolist()]


def from_document(data: object) -> Lattice:
    """Return the lattice that a document holds.

    Raises:
        InvalidValueError: if the data is no lattice document of a version known here.
    """
    if not isinstance(data, Mapping):
        message = f"this is no document but a {type(data).__name__}; expected {FORMAT!r}"
        raise InvalidValueError(message)
    if data.get("format") != FORMAT or data.get("version") != VERSION:
        message = (
            f"this is {data.get('format')!r} version {data.get('version')!r}; "
            f"expected {FORMAT!r} version {VERSION}"
        )
        raise InvalidValueError(message)
    try:
        steps = _read_steps(data["steps"])
        return Lattice(tuple(map(TokenId, data["prompt_ids"])), steps)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"the lattice document is broken: {error!r}"
        raise InvalidValueError(message) from error


def _read_steps(entries: Sequence[Mapping[str, Any]]) -> tuple[LatticeStep, ...]:
    """Read all steps; each table has a row for each live member before it."""
    steps: list[LatticeStep] = []
    rows = 1
    for entry in entries:
        step = _read_step(entry, rows)
        rows = len(step.token_set.live_indices)
        steps.append(step)
    return tuple(steps)


def _read_step(entry: Mapping[str, Any], rows: int) -> LatticeStep:
    number = LogicalStep(entry["step"])
    candidates = [_read_candidate(candidate) for candidate in entry["candidates"]]
    members = tuple(candidate for candidate in candidates if candidate.state.is_member)
    return LatticeStep(
        step=number,
        token_set=TokenSet(number, members),
        others=tuple(candidate for candidate in candidates if not candidate.state.is_member),
        transitions=_read_table(entry["transitions"], (rows, len(members))),
        plain_transitions=_read_table(entry["plain_transitions"], (rows, len(members))),
        entropy=entry["entropy"],
        threshold=entry["threshold"],
        kept_mass=entry["kept_mass"],
        finished_mass=entry["finished_mass"],
        cut=entry["cut"],
        cut_mass=entry["cut_mass"],
        near_ties=entry["near_ties"],
    )


def _read_candidate(entry: Mapping[str, Any]) -> Candidate:
    spelled = entry.get("bytes")
    if spelled is None:
        content = entry["text"].encode()
    else:
        content = base64.b64decode(spelled, validate=True)
    return Candidate(
        token_id=TokenId(entry["token_id"]),
        content=content,
        probability=entry["probability"],
        rank=entry["rank"],
        state=CandidateState(entry["state"]),
        weight=entry.get("weight", 0.0),
        score=entry.get("score", -np.inf),
        parent=entry.get("parent"),
        posterior=entry.get("posterior"),
        reason=entry.get("reason"),
    )


def _read_table(rows: list[list[float | None]], shape: tuple[int, int]) -> FloatArray:
    table = np.array(
        [[-np.inf if cell is None else cell for cell in row] for row in rows], dtype=float
    )
    if table.shape != shape:
        message = f"a table of transitions has the shape {table.shape}; expected {shape}"
        raise ValueError(message)
    return table
