"""The use-case: prompts and methods in, outcomes one by one, from where it was left off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from tempo.application.studies.parts import WHOLE
from tempo.domain.errors import PromptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tempo.application.studies.comparison.figures import Cell
    from tempo.application.studies.comparison.outcomes import DecodingMethod, MethodOutcome
    from tempo.application.studies.comparison.plan import ComparisonPlan
    from tempo.application.studies.fidelity.plan import StudyPrompt
    from tempo.application.studies.parts import Part

SHOWN = 60
"""Characters of a prompt that an error shows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an outcome belongs: a prompt by its number, from 0 on, and a cell."""

    prompt: int
    cell: Cell


class OutcomeStore(Protocol):
    """Keeps outcomes while a comparison goes on, and perhaps beyond it."""

    @property
    def held(self) -> Mapping[Place, MethodOutcome]:
        """What is kept."""
        ...

    def add(self, place: Place, outcome: MethodOutcome) -> None:
        """Keep one more, so that it is there even if the next never comes.

        Raises:
            OutputError: if it cannot be kept.
        """
        ...


class ComparisonStudy:
    """Let every method decode every prompt, methods in turn, and keep what comes out."""

    def __init__(
        self, methods: Sequence[DecodingMethod], store: OutcomeStore, context: int
    ) -> None:
        """Compare methods over a model with so many positions."""
        self._methods = {method.name: method for method in methods}
        self._store = store
        self._context = context

    def places(self, plan: ComparisonPlan, prompts: int) -> list[Place]:
        """Return what there is to decode, in order: each prompt begins with another method.

        Methods that write one text, however many are asked for, decode for the smallest number.
        """
        cells = [
            cell
            for cell in plan.cells
            if cell.setting.count == plan.counts[0] or cell.method not in plan.single
        ]
        return [
            Place(prompt, cells[(turn + prompt) % len(cells)])
            for prompt in range(prompts)
            for turn in range(len(cells))
        ]

    def outcomes(
        self, plan: ComparisonPlan, prompts: Sequence[StudyPrompt], part: Part = WHOLE
    ) -> Iterator[Place]:
        """Decode a part's prompts where they are not kept yet; yield each place when it is kept.

        Raises:
            PromptError: before anything is decoded, for no prompt or one that leaves no room.
            OutputError: if an outcome cannot be kept.
        """
        self._require_room(plan, prompts)
        left = self.left(plan, len(prompts), part)
        return (self._decoded(plan, prompts[place.prompt], place) for place in left)

    def left(self, plan: ComparisonPlan, prompts: int, part: Part = WHOLE) -> list[Place]:
        """Return what of a part is not kept yet."""
        return [
            place
            for place in self.places(plan, prompts)
            if part.holds(place.prompt) and place not in self._store.held
        ]

    def complete(
        self, plan: ComparisonPlan, prompts: int
    ) -> tuple[list[int], dict[Cell, list[MethodOutcome]]]:
        """Return the prompts that every method has decoded, and their outcomes by cell."""
        held, first = self._store.held, plan.counts[0]
        wanted: dict[int, list[Place]] = {}
        for place in self.places(plan, prompts):
            wanted.setdefault(place.prompt, []).append(place)
        done = [number for number, places in wanted.items() if all(one in held for one in places)]
        found: dict[Cell, list[MethodOutcome]] = {}
        for cell in plan.cells:
            source = cell
            if cell.method in plan.single:
                source = replace(cell, setting=replace(cell.setting, count=first))
            found[cell] = [held[Place(number, source)] for number in done]
        return done, found

    def _decoded(self, plan: ComparisonPlan, prompt: StudyPrompt, place: Place) -> Place:
        outcome = self._methods[place.cell.method].decode(
            prompt.token_ids,
            place.cell.setting.count,
            place.cell.setting.max_steps,
            plan.seed_of(place.prompt),
        )
        self._store.add(place, outcome)
        return place

    def _require_room(self, plan: ComparisonPlan, prompts: Sequence[StudyPrompt]) -> None:
        if not prompts:
            message = "the comparison has no prompts; give at least one"
            raise PromptError(message)
        for prompt in prompts:
            shown, needed = repr(prompt.text[:SHOWN]), len(prompt.token_ids) + plan.steps
            if not prompt.token_ids:
                message = f"the prompt {shown} has no tokens; give it some text"
                raise PromptError(message)
            if needed > self._context:
                message = (
                    f"the prompt {shown} needs {needed} positions with {plan.steps} steps and "
                    f"the model's context has {self._context}; shorten it or take fewer steps"
                )
                raise PromptError(message)
