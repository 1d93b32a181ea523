"""The events of one step, each with the best path over what is told by then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.domain.events import CandidatesPruned, StepAppended
    from tempo.domain.hypothesis import PathEnd


def told(
    appended: StepAppended,
    pruned: CandidatesPruned | None,
    unpruned: PathEnd | None,
    best: PathEnd | None,
) -> tuple[StepAppended] | tuple[StepAppended, CandidatesPruned]:
    """Return the events of a step: `unpruned` is where the best path ended before it pruned."""
    if pruned is None:
        return (replace(appended, best=best),)
    return replace(appended, best=unpruned, more=True), replace(pruned, best=best)
