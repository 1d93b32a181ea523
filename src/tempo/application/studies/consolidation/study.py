"""The use-case: passages and facts in, what each variant makes of them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.consolidation.figures import Measure
from tempo.application.studies.consolidation.measuring import Material, Measuring, Work
from tempo.application.studies.consolidation.plan import DOCUMENTS_PROMPT, DOCUMENTS_TOKENS
from tempo.application.studies.consolidation.planted import planted_facts
from tempo.application.studies.keeping import each
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.consolidation.consolidating_model import ConsolidatingModel
    from tempo.application.studies.consolidation.figures import Part
    from tempo.application.studies.consolidation.ledger import IntArray
    from tempo.application.studies.consolidation.plan import ConsolidationPlan
    from tempo.application.studies.keeping import Kept
    from tempo.domain.ports.tokenizer import Tokenizer

TOGETHER = 20
"""Documents that are read together: more of them need more memory and are no faster."""


class ConsolidationStudy:
    """Read, ask and write under every variant."""

    def __init__(self, model: ConsolidatingModel, tokenizer: Tokenizer) -> None:
        """Work over a model whose window is managed from outside, and its tokenizer."""
        self._model = model
        self._tokenizer = tokenizer

    def material(self, plan: ConsolidationPlan, passages: IntArray) -> Material:
        """Return what is read, and refuse what could not be.

        Raises:
            InvalidValueError: for layers that the model does not have, texts that it has no
                positions for, and facts that its tokenizer cannot tell apart.
        """
        for variant in plan.variants:
            if variant.update is not None:
                variant.update.layers_of(self._model.layers)
        between = plan.window + plan.rows
        facts = planted_facts(self._tokenizer, plan.facts, between, plan.seed)
        found = Material(passages, facts, np.array([self._tokenizer.encode(DOCUMENTS_PROMPT)]))
        longest = max(
            plan.length,
            plan.prompt + plan.steps,
            found.once.shape[1] + DOCUMENTS_TOKENS,
            facts.tokens.shape[1] if plan.facts else 0,
        )
        if longest > self._model.context:
            message = (
                f"the longest text has {longest} tokens and the model {self._model.context} "
                "positions; give a smaller length, window or number of steps"
            )
            raise InvalidValueError(message)
        return found

    def work(self, plan: ConsolidationPlan, material: Material) -> tuple[Work, ...]:
        """Return all that is to be done: every variant over some documents, then the next ones."""
        found: list[Work] = []
        own = plan.documents_condition(material.once.shape[1])
        counts = {
            Measure.ONCE: (own, 1 if own else 0),
            Measure.READING: ((*plan.variants, *own), len(material.passages)),
            Measure.RECALL: (plan.recalled, plan.facts),
            Measure.WRITING: (plan.writers, min(plan.prompts, len(material.passages))),
        }
        for measure, (variants, count) in counts.items():
            for first in range(0, count, TOGETHER):
                documents = range(first, min(first + TOGETHER, count))
                found += [Work(measure, variant, documents) for variant in variants]
        return tuple(found)

    def parts(
        self, plan: ConsolidationPlan, material: Material, kept: Kept[Part] | None = None
    ) -> Iterator[Part]:
        """Do one piece of work after another, but those that are kept; stopping loses nothing.

        Raises:
            NonFiniteLogitsError: if the model gives NaN or infinity.
            OutputError: if something cannot be kept.
        """
        work = self.work(plan, material)
        measuring = Measuring(self._model, self._tokenizer, plan, material)
        return each(len(work), lambda number: measuring.run(work[number]), kept)
