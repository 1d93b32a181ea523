"""What holds between the parts of a lattice document, checked before anything is built from it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.domain.errors import DocumentError
from tempo.infrastructure.storage.document_models import LONGEST_NAME, LONGEST_TOKEN, ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.infrastructure.storage.document_models import (
        CandidatePart,
        LatticeDocument,
        StepPart,
    )

MEMBER_STATES = ("kept", "finished")

REMOVED = "position_removed"
"""The effect of a decision that takes a whole step away."""

MOST_CELLS = 2**24
"""Steps times the largest table of any step: what finding the best paths lays out at once."""

MOST_SETTINGS = 1000


def broken(place: str, sentence: str) -> DocumentError:
    """Return the error that names a place of a document and what is wrong there."""
    return DocumentError(f"the lattice document is broken: {place} {sentence}")


def require_sound(document: LatticeDocument) -> None:
    """Check steps, tables, parents and paths against each other.

    Raises:
        DocumentError: naming the first place that does not fit.
    """
    _require_settings(document)
    _require_size(document)
    _require_decisions(document)
    removed = {one.step for one in document.decisions if one.effect == REMOVED}
    before: Sequence[CandidatePart] | None = None
    expected = 0
    for number, step in enumerate(document.steps):
        while expected in removed:
            expected += 1
        before = _sound_step(step, number, expected, before)
        expected += 1
    _require_committed(document)
    _require_settled(document)
    _require_path(document, document.best_path, "best_path")
    for rank, path in enumerate(document.best_paths):
        _require_path(document, path.members, f"best_paths[{rank}].members")


def members_of(step: StepPart) -> list[CandidatePart]:
    """Return the candidates that belong to the token set."""
    return [one for one in step.candidates if one.state in MEMBER_STATES]


def _live(members: Sequence[CandidatePart]) -> list[int]:
    return [index for index, one in enumerate(members) if one.state == "kept"]


def _sound_step(
    step: StepPart, number: int, expected: int, before: Sequence[CandidatePart] | None
) -> Sequence[CandidatePart]:
    """Check one step against the members before it (None at the first), and return its own.

    `number` is its place among the steps, `expected` the number that it must say it has.
    """
    place = f"steps[{number}]"
    if step.step != expected:
        raise broken(
            f"{place}.step", f"is {step.step}; steps count from 0, so it must be {expected}"
        )
    rows = [0] if before is None else _live(before)
    if not rows:
        raise broken(place, "follows a step whose members are all finished; it must not be there")
    members = members_of(step)
    if not members:
        raise broken(f"{place}.candidates", "hold none that is kept or finished; one must be")
    _require_order(step, place)
    for name in ("transitions", "plain_transitions"):
        _require_shape(getattr(step, name), len(rows), len(members), f"{place}.{name}")
    for index, one in enumerate(step.candidates):
        _sound_candidate(one, f"{place}.candidates[{index}]", number, before)
    return members


def _require_order(step: StepPart, place: str) -> None:
    seen: set[int] = set()
    rank = -1
    for index, one in enumerate(step.candidates):
        where = f"{place}.candidates[{index}]"
        if one.rank <= rank:
            raise broken(f"{where}.rank", f"is {one.rank} after {rank}; ranks must increase")
        if one.token_id in seen:
            raise broken(f"{where}.token_id", f"is {one.token_id} again; a step has a token once")
        rank = one.rank
        seen.add(one.token_id)


def _require_shape(
    table: Sequence[Sequence[float | None]], rows: int, columns: int, place: str
) -> None:
    if len(table) != rows:
        raise broken(
            place, f"has {len(table)} rows; it must have {rows}, one a live member before it"
        )
    for index, row in enumerate(table):
        if len(row) != columns:
            raise broken(
                f"{place}[{index}]",
                f"has {len(row)} columns; it must have {columns}, one a member of the step",
            )


def _sound_candidate(
    one: CandidatePart, place: str, number: int, before: Sequence[CandidatePart] | None
) -> None:
    if one.state not in MEMBER_STATES:
        for name in ("weight", "score", "parent", "posterior", "attention"):
            if getattr(one, name) is not None:
                raise broken(
                    f"{place}.{name}", f"is there, and its state is {one.state}; it must not be"
                )
        return
    if one.weight is None:
        raise broken(f"{place}.weight", f"is not there, and its state is {one.state}; it must be")
    highest = ROUNDING * (number + 1)
    if one.score is not None and one.score > highest:
        raise broken(f"{place}.score", f"is {one.score}; a log-probability is at most 0")
    _require_parent(one.parent, f"{place}.parent", before)


def _require_parent(parent: int | None, place: str, before: Sequence[CandidatePart] | None) -> None:
    """A parent stands in the step before, so that no chain can come back to itself."""
    if before is None:
        if parent is not None:
            raise broken(place, f"is {parent}; the first step has no parents, so it must be null")
        return
    live = _live(before)
    if parent not in live:
        told = "null" if parent is None else parent
        allowed = ", ".join(map(str, live[:8])) + (", ..." if len(live) > 8 else "")  # noqa: PLR2004 - enough to see
        raise broken(place, f"is {told}; the live members of the step before are {allowed}")


def _require_decisions(document: LatticeDocument) -> None:
    for index, one in enumerate(document.decisions):
        if one.decided_at < one.step:
            raise broken(
                f"decisions[{index}].decided_at",
                f"is {one.decided_at}, before step {one.step}; what comes later decides",
            )


def _require_committed(document: LatticeDocument) -> None:
    """A run goes on from the steps that were given to it along a single path."""
    steps = document.steps[: document.committed]
    if len(steps) < document.committed or any(len(members_of(step)) > 1 for step in steps):
        raise broken(
            "committed",
            f"is {document.committed}; it counts leading steps of one member each",
        )


def _require_settled(document: LatticeDocument) -> None:
    """What was promised is the beginning of what was decoded, and something went on from it."""
    live = [bool(_live(members_of(step))) for step in document.steps]
    most = next((index + 1 for index in reversed(range(len(live))) if live[index]), 0)
    if document.settled > most:
        raise broken("settled", f"is {document.settled}; {most} steps went on")


def _require_path(document: LatticeDocument, path: Sequence[int], place: str) -> None:
    if len(path) > len(document.steps):
        raise broken(place, f"has {len(path)} members; there are {len(document.steps)} steps")
    for index, member in enumerate(path):
        members = members_of(document.steps[index])
        if member >= len(members):
            raise broken(
                f"{place}[{index}]", f"is {member}; that step has {len(members)} members (from 0)"
            )
        ends = members[member].state == "finished"
        last = index == len(path) - 1
        if ends and not last:
            raise broken(f"{place}[{index}]", "is a finished member; the path must end there")
        if last and not ends and len(path) < len(document.steps):
            raise broken(
                f"{place}[{index}]", "is a live member; the path must go on to the next step"
            )


def _require_size(document: LatticeDocument) -> None:
    widths = [len(members_of(step)) for step in document.steps]
    largest = max((len(step.transitions) for step in document.steps), default=0)
    cells = len(widths) * largest * max(widths, default=0)
    if cells > MOST_CELLS:
        raise broken(
            "steps",
            f"hold {cells:,} cells where every step is as wide as the widest; "
            f"at most {MOST_CELLS:,} can be opened",
        )


def _require_settings(document: LatticeDocument) -> None:
    settings = document.settings or {}
    if len(settings) > MOST_SETTINGS:
        raise broken("settings", f"hold {len(settings)} names; at most {MOST_SETTINGS} may be")
    for name, value in settings.items():
        if len(name) > LONGEST_NAME or not _is_setting(value):
            raise broken(
                f"settings.{name[:40]}",
                "is no setting; it must be a number, a text, true, false, null or a list of texts",
            )


def _is_setting(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= MOST_SETTINGS and all(
            isinstance(text, str) and len(text) <= LONGEST_TOKEN for text in value
        )
    if isinstance(value, str):
        return len(value) <= LONGEST_TOKEN
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (bool, int))
