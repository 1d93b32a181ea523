"""The steps of a lattice, one row each, those that were removed as a whole among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.domain.pruning.decision import Effect
from tempo.domain.text import PRUNED_MARK, UNATTENDED_MARK, alternatives, is_unattended
from tempo.domain.tokens import CandidateState
from tempo.interfaces.cli.rendering import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import Candidate
    from tempo.interfaces.python.lattice import Lattice

STEP_COLUMNS = ("step", "entropy", "width", "kept mass", "posterior", "tokens")


def step_rows(lattice: Lattice, *, show_ids: bool) -> list[tuple[str, ...]]:
    """Return a row for each step in the order of `STEP_COLUMNS`.

    The token of the best path carries a star, one that was pruned `~`, one that no later token
    sees `^`; what was judged has its reason in brackets.
    """
    reasons: dict[int, str] = {
        one.step: f"({one.token_id}) [{one_line(one.reason)}]"
        for one in lattice.decisions
        if one.effect is Effect.POSITION_REMOVED
    }
    rows: list[tuple[str, ...]] = []
    for step, shown in _with_shown(lattice):
        missing = range(len(rows), step.step)
        rows += [(str(one), "", "", "", "", reasons.get(one, "removed")) for one in missing]
        rows.append(_row(step, shown, show_ids=show_ids))
    return rows


def step_mappings(lattice: Lattice) -> list[dict[str, Any]]:
    """Return the steps that are there as plain data."""
    return [
        {
            "step": step.step,
            "entropy": step.entropy,
            "width": step.width,
            "kept_mass": step.kept_mass,
            "shown": shown,
            "members": [
                {
                    "token_id": member.token_id,
                    "text": member.text,
                    "probability": member.probability,
                    "posterior": member.posterior,
                    "attention": member.attention,
                    "reason": member.reason,
                }
                for member in step.token_set.members
            ],
            "pruned": [
                {
                    "token_id": one.token_id,
                    "text": one.text,
                    "probability": one.probability,
                    "reason": one.reason,
                }
                for one in step.others
                if one.state is CandidateState.PRUNED
            ],
        }
        for step, shown in _with_shown(lattice)
    ]


def _with_shown(lattice: Lattice) -> Iterator[tuple[LatticeStep, int | None]]:
    """Yield each step with the member that the best path passes through."""
    for index, step in enumerate(lattice.steps):
        yield step, lattice.best[index] if index < len(lattice.best) else None


def _row(step: LatticeStep, shown: int | None, *, show_ids: bool) -> tuple[str, ...]:
    best = None if shown is None else step.token_set.members[shown]
    posterior = None if best is None else best.posterior
    tokens = " ".join(
        f"{'*' * (one is best)}{_told(one, show_ids=show_ids)}"
        for one in alternatives(step, pruned=True)
    )
    never = [one for one in step.others if one.state is not CandidateState.PRUNED]
    if show_ids and never:
        tokens += " | not kept: " + " ".join(_told(one, show_ids=True) for one in never)
    return (
        str(step.step),
        f"{max(0.0, step.entropy):.3f}",
        str(step.width),
        f"{step.kept_mass:.3f}",
        "" if posterior is None else f"{posterior:.3f}",
        tokens,
    )


def _told(candidate: Candidate, *, show_ids: bool) -> str:
    """Return a candidate's text and probability, and what was decided about it.

    Where ids are shown it is what resume needs.
    """
    mark = PRUNED_MARK if candidate.state is CandidateState.PRUNED else ""
    if is_unattended(candidate):
        mark = UNATTENDED_MARK
    number = f"({candidate.token_id})" if show_ids else ""
    told = f"{mark}{candidate.text!r}{number} {candidate.probability:.3f}"
    if 0.0 < candidate.attention < 1.0:
        told += f" seen at {candidate.attention:.2f}"
    return told if candidate.reason is None else f"{told} [{one_line(candidate.reason)}]"
