"""The use-case: prompts in, findings context by context out, a report at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.keeping import each
from tempo.application.studies.pruning.findings import ContextFindings
from tempo.application.studies.pruning.judging import Judging
from tempo.application.studies.pruning.report import PruningReport
from tempo.application.studies.pruning.texts import Texts
from tempo.domain.errors import PromptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.fidelity.plan import StudyPrompt
    from tempo.application.studies.keeping import Kept
    from tempo.application.studies.pruning.plan import PruningPlan
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer

SHOWN = 60
"""Characters of a prompt that an error shows."""


class PruningStudy:
    """Hold what pruning rules go by against exact shares, and pruned runs against whole ones."""

    def __init__(self, backend: ModelBackend, tokenizer: Tokenizer) -> None:
        """Work over any model adapter that captures attention, and its tokenizer."""
        self._backend = backend
        self._tokenizer = tokenizer

    def contexts(
        self,
        plan: PruningPlan,
        prompts: Sequence[StudyPrompt],
        kept: Kept[ContextFindings] | None = None,
    ) -> Iterator[ContextFindings]:
        """Measure one context after another, but those that are kept; stopping loses nothing.

        Raises:
            PromptError: before anything is measured, for no prompt or one that leaves no room.
            NonFiniteLogitsError: if the model gave NaN or infinity.
            UnsupportedModelError: if the model's attention cannot be captured.
        """
        self._require_room(plan, prompts)
        judging = Judging(self._backend, self._tokenizer, plan)
        texts = Texts(self._backend, self._tokenizer, plan)

        def measure(number: int) -> ContextFindings:
            covered = texts if plan.texts.covers(number) else None
            return _findings(number, prompts[number], judging, covered)

        return each(len(prompts), measure, kept)

    def run(self, plan: PruningPlan, prompts: Sequence[StudyPrompt]) -> PruningReport:
        """Measure all contexts and return the report.

        Raises:
            PromptError: for no prompt or one that leaves no room for the longest run.
            NonFiniteLogitsError: if the model gave NaN or infinity.
            UnsupportedModelError: if the model's attention cannot be captured.
        """
        return PruningReport(plan, tuple(self.contexts(plan, prompts)), len(prompts))

    def _require_room(self, plan: PruningPlan, prompts: Sequence[StudyPrompt]) -> None:
        if not prompts:
            message = "the study has no prompts; give at least one"
            raise PromptError(message)
        context = self._backend.description.context
        for prompt in prompts:
            shown = repr(prompt.text[:SHOWN])
            needed = len(prompt.token_ids) + plan.deepest
            if not prompt.token_ids:
                message = f"the prompt {shown} has no tokens; give it some text"
                raise PromptError(message)
            if needed > context:
                message = (
                    f"the prompt {shown} needs {needed} positions with {plan.deepest} steps and "
                    f"the model's context has {context}; shorten the prompt or take fewer steps"
                )
                raise PromptError(message)


def _findings(
    number: int, prompt: StudyPrompt, judging: Judging, texts: Texts | None
) -> ContextFindings:
    judged = judging.run(prompt)
    return ContextFindings(
        number=number,
        prompt=prompt.text,
        rankings=judged.means,
        sets=judged.sets,
        left_out=judged.left_out,
        texts={} if texts is None else texts.run(prompt),
    )
