"""The use-case: prompts and rules in, figures context by context out, a report at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.fidelity.measuring import ContextMeasurement
from tempo.application.studies.fidelity.report import FidelityReport
from tempo.application.studies.keeping import each
from tempo.domain.errors import PromptError
from tempo.domain.layout import PositionScheme

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.fidelity.figures import ContextFigures
    from tempo.application.studies.fidelity.plan import StudyPlan, StudyPrompt
    from tempo.application.studies.keeping import Kept
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer

SHOWN = 60
"""Characters of a prompt that an error shows."""


class FidelityStudy:
    """Hold rules against the enumeration of their own paths, under any model."""

    def __init__(self, backend: ModelBackend, tokenizer: Tokenizer) -> None:
        """Work over any model adapter and its tokenizer."""
        self._backend = backend
        self._tokenizer = tokenizer

    def contexts(
        self,
        plan: StudyPlan,
        prompts: Sequence[StudyPrompt],
        kept: Kept[ContextFigures] | None = None,
    ) -> Iterator[ContextFigures]:
        """Measure one context after another, but those that are kept; stopping loses nothing.

        Raises:
            PromptError: before anything is measured, for no prompt or one that leaves no room.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        self._require_room(plan, prompts)
        measurement = ContextMeasurement(self._backend, self._tokenizer, plan)
        return each(len(prompts), lambda number: measurement.run(number, prompts[number]), kept)

    def run(self, plan: StudyPlan, prompts: Sequence[StudyPrompt]) -> FidelityReport:
        """Measure all contexts and return the report.

        Raises:
            PromptError: for no prompt or one that leaves no room for the deepest set.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        return FidelityReport(plan, tuple(self.contexts(plan, prompts)), len(prompts))

    def _require_room(self, plan: StudyPlan, prompts: Sequence[StudyPrompt]) -> None:
        if not prompts:
            message = "the study has no prompts; give at least one"
            raise PromptError(message)
        context = self._backend.description.context
        for prompt in prompts:
            shown = repr(prompt.text[:SHOWN])
            needed = len(prompt.token_ids) + plan.deepest * self._most_positions(plan)
            if not prompt.token_ids:
                message = f"the prompt {shown} has no tokens; give it some text"
                raise PromptError(message)
            if needed > context:
                message = (
                    f"the prompt {shown} needs {needed} positions with depth {plan.deepest} and "
                    f"the model's context has {context}; shorten the prompt or go less deep"
                )
                raise PromptError(message)

    def _most_positions(self, plan: StudyPlan) -> int:
        """Return how many positions a token set takes at most."""
        schemes = {rule.settings.positions for rule in plan.rules}
        return plan.width if PositionScheme.CONSECUTIVE in schemes else 1
