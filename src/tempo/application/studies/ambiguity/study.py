"""The use-case: contexts with two continuations in, figures out, a report at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.ambiguity.measuring import ContextMeasurement
from tempo.application.studies.ambiguity.pairs import deal, pairs_of
from tempo.application.studies.keeping import each
from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import SEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.ambiguity.figures import ContextFigures
    from tempo.application.studies.ambiguity.mixed_inputs import MixedInputs
    from tempo.application.studies.ambiguity.pairs import Pair
    from tempo.application.studies.ambiguity.plan import AmbiguityPlan
    from tempo.application.studies.keeping import Kept
    from tempo.application.studies.tasks.item import TaskItem
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer


class AmbiguityStudy:
    """Inject two continuations with known weights, and see what the state says of both."""

    def __init__(self, backend: ModelBackend, tokenizer: Tokenizer, inputs: MixedInputs) -> None:
        """Work over any model adapter, its tokenizer, and the same model's inputs."""
        self._backend = backend
        self._tokenizer = tokenizer
        self._inputs = inputs

    def pairs(self, items: Sequence[TaskItem]) -> tuple[Pair, ...]:
        """Return the items of the task `ambiguity` that this tokenizer lets be injected.

        Raises:
            InvalidValueError: if there is none.
        """
        found = pairs_of(items, self._tokenizer)
        if not found:
            message = (
                f"none of {len(items)} contexts can be injected: their words are several tokens "
                "in this model's vocabulary"
            )
            raise InvalidValueError(message)
        return found

    def contexts(
        self,
        plan: AmbiguityPlan,
        pairs: Sequence[Pair],
        kept: Kept[ContextFigures] | None = None,
    ) -> Iterator[ContextFigures]:
        """Measure one context after another, but those that are kept; stopping loses nothing.

        Raises:
            InvalidValueError: if no context has other words than one of them.
            PromptError: for a context that does not fit the model.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        order = np.random.default_rng(plan.seed % SEEDS).permutation(len(pairs)).tolist()
        pairs = [pair.cut(max(plan.depths) + 1) for pair in pairs]  # and what follows the last
        dealt = deal(pairs, order)
        measurement = ContextMeasurement(self._backend, self._tokenizer, self._inputs, plan)
        return each(
            len(pairs),
            lambda number: measurement.run(number, pairs[number], dealt[number]),
            kept,
        )
