"""One outcome of a comparison, found by a worker by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.application.studies.alone import Alone
from tempo.application.studies.comparison.figures import Cell, Setting
from tempo.application.studies.comparison.study import Place
from tempo.infrastructure.documents import outcome_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tempo.application.studies.comparison.outcomes import MethodOutcome
    from tempo.application.studies.comparison.plan import ComparisonPlan
    from tempo.application.studies.fidelity.plan import StudyPrompt
    from tempo.infrastructure.container import Container

Plain = dict[str, Any]


def plain_place(place: Place) -> Plain:
    """Return a place as JSON holds it."""
    setting = place.cell.setting
    return {
        "prompt": place.prompt,
        "method": place.cell.method,
        "count": setting.count,
        "max_steps": setting.max_steps,
    }


def place_of(plain: Mapping[str, Any]) -> Place:
    """Return the place that JSON names."""
    cell = Cell(plain["method"], Setting(plain["count"], plain["max_steps"]))
    return Place(plain["prompt"], cell)


def answering(
    container: Container,
    plan: ComparisonPlan,
    corpus: Sequence[StudyPrompt],
    prompts: Sequence[StudyPrompt],
) -> Callable[[Plain], Plain]:
    """Return what finds the outcome of a place over a container's model."""
    from tempo.infrastructure.container import comparison  # noqa: PLC0415 - takes seconds

    alone: Alone[Place, MethodOutcome] = Alone()
    study, _ = comparison(container, plan, corpus, alone)

    def answer(plain: Plain) -> Plain:
        place = place_of(plain)
        found = alone.found(place, lambda: study.outcomes(plan, prompts))
        return outcome_line(place, found)

    return answer
