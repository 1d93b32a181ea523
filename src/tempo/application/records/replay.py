"""Check a record against its own transitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.records.agreement import Agreement, agreement
from tempo.application.records.answers import replayed
from tempo.application.records.decision_log import DecisionLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.records.agreement import Entry
    from tempo.application.records.record import RunRecord
    from tempo.domain.tokens import Candidate

LAST_DIGITS = 1e-9
"""How far weights, posteriors and masses may differ: they go through exponentials and logarithms,
whose last digit depends on the processor. Scores are sums, the same everywhere."""


class Replay:
    """Compute a record's answers anew, with the stored ones set aside, and compare."""

    def run(self, record: RunRecord) -> tuple[Agreement, ...]:
        """Return how each kind of answer compares with what the stored transitions give.

        Text, paths, parents and scores must be equal exactly, weights, posteriors and masses
        within 1e-9. The log of decisions must tell what the candidates show.
        """
        found = replayed(record.lattice, record.provenance)
        return (
            agreement("text", _text(record, found)),
            agreement("best path", _best_path(record, found)),
            agreement("best paths", _best_paths(record, found)),
            agreement("scores", _of_members(record, found, "score")),
            agreement("parents", _of_members(record, found, "parent")),
            agreement("weights", _of_members(record, found, "weight"), LAST_DIGITS),
            agreement("posteriors", _of_members(record, found, "posterior"), LAST_DIGITS),
            agreement("masses", _masses(record, found), LAST_DIGITS),
            agreement("decisions", DecisionLog(record).entries()),
        )


def _is_known(record: RunRecord) -> bool:
    """Whether a best path was stored: a lattice that was made by hand has none."""
    return bool(record.best or record.text or record.finished)


def _text(record: RunRecord, found: RunRecord) -> Iterator[Entry]:
    if _is_known(record):
        yield "text", record.text, found.text
        yield "finished", record.finished, found.finished


def _best_path(record: RunRecord, found: RunRecord) -> Iterator[Entry]:
    if not _is_known(record):
        return
    for index, (stored, computed) in enumerate(zip(record.best, found.best, strict=False)):
        yield f"best_path[{index}]", stored, computed
    if len(record.best) != len(found.best):
        yield "best_path", record.best, found.best


def _best_paths(record: RunRecord, found: RunRecord) -> Iterator[Entry]:
    pairs = zip(record.best_paths, found.best_paths, strict=False)
    for rank, (stored, computed) in enumerate(pairs):
        for name in ("members", "score", "finished"):
            yield f"best_paths[{rank}].{name}", getattr(stored, name), getattr(computed, name)
    if len(record.best_paths) != len(found.best_paths):
        yield "best_paths", len(record.best_paths), len(found.best_paths)


def _members(record: RunRecord) -> Iterator[tuple[str, Candidate]]:
    """Yield the members of all steps, each with its place in the document."""
    for number, step in enumerate(record.lattice.steps):
        for index, candidate in enumerate(step.candidates):
            if candidate.state.is_member:
                yield f"steps[{number}].candidates[{index}]", candidate


def _of_members(record: RunRecord, found: RunRecord, name: str) -> Iterator[Entry]:
    for (place, stored), (_, computed) in zip(_members(record), _members(found), strict=True):
        yield f"{place}.{name}", getattr(stored, name), getattr(computed, name)


def _masses(record: RunRecord, found: RunRecord) -> Iterator[Entry]:
    pairs = zip(record.lattice.steps, found.lattice.steps, strict=True)
    for number, (stored, computed) in enumerate(pairs):
        for name in ("kept_mass", "finished_mass"):
            yield f"steps[{number}].{name}", getattr(stored, name), getattr(computed, name)
    yield "finished_mass", record.finished_mass, found.finished_mass
