"""One context: inject its two continuations in every way, and hold the readouts to two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.ambiguity.figures import AT_THE_ANSWER, Cell, ContextFigures, Exact
from tempo.application.studies.ambiguity.injecting import Injector
from tempo.application.studies.ambiguity.plan import Injection
from tempo.domain.frontier import SMALLEST
from tempo.domain.row_rules import RowRules
from tempo.domain.text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.ambiguity.figures import Figures
    from tempo.application.studies.ambiguity.mixed_inputs import MixedInputs
    from tempo.application.studies.ambiguity.pairs import Pair, Tokens
    from tempo.application.studies.ambiguity.plan import AmbiguityPlan
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray

EMBEDDINGS = "embedding mixture"
HEAVIER = "heavier alone"
SHUFFLED = "shuffled pair"
CONTROLS = (EMBEDDINGS, HEAVIER, SHUFFLED)
"""What the rules are held beside: one input of mixed embeddings; the heavier run by itself, which
is a full collapse; the exact mixture for the words that another context was dealt."""


class ContextMeasurement:
    """The steps of measuring one context; the prompt is read once for all rules."""

    def __init__(
        self, backend: ModelBackend, tokenizer: Tokenizer, inputs: MixedInputs, plan: AmbiguityPlan
    ) -> None:
        """Work over any model adapter and the same model's inputs."""
        self._backend = backend
        self._tokenizer = tokenizer
        self._inputs = inputs
        self._plan = plan

    def run(self, number: int, pair: Pair, dealt: Pair) -> ContextFigures:
        """Return the figures of a context at all depths that it has.

        Raises:
            PromptError: for a context that does not fit the model.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        figures: dict[Cell, Figures] = {}
        with self._backend.open(pair.prompt, RowRules()) as session:
            injector = Injector(self._backend, self._tokenizer, session)
            for injection in self._plan.injections:
                runs, others = self._runs(pair, injection), self._runs(dealt, injection)
                for weight in self._plan.weights:
                    exact = _exact(pair, injection, runs, weight)
                    shuffled = _exact(dealt, injection, others, weight)
                    readouts = {
                        rule.name: injector.run(rule, pair, injection, weight)
                        for rule in self._plan.rules
                    }
                    readouts[EMBEDDINGS] = self._embeddings(pair, injection, weight)
                    readouts[HEAVIER] = np.stack([one.heavier for one in exact])
                    readouts[SHUFFLED] = np.stack([one.mixture for one in shuffled])
                    for method, rows in readouts.items():
                        for depth, at in self._places(injection, min(len(rows), len(exact))):
                            cell = Cell(injection.value, weight, method, depth)
                            figures[cell] = exact[at].figures(rows[at])
        one, other = (decoded(self._tokenizer.content(word)) for word in pair.words)
        return ContextFigures(number, pair.text, (one, other), figures)

    def _places(self, injection: Injection, sets: int) -> Iterator[tuple[int, int]]:
        """Yield each depth that there is, and its place among the readouts."""
        yield from ((depth, depth - 1) for depth in self._plan.depths if depth <= sets)
        if injection is Injection.REJOINED:
            yield AT_THE_ANSWER, sets - 1

    def _runs(self, pair: Pair, injection: Injection) -> tuple[FloatArray, FloatArray]:
        """Return [depths, vocab] of either continuation by itself."""
        one, other = pair.sequences(injection)
        return self._alone(pair.prompt, one), self._alone(pair.prompt, other)

    def _alone(self, prompt: Tokens, tokens: Tokens) -> FloatArray:
        return self._inputs.read(prompt, [{token: 1.0} for token in tokens])

    def _embeddings(self, pair: Pair, injection: Injection, weight: float) -> FloatArray:
        weights = (weight, 1.0 - weight)
        return self._inputs.read(
            pair.prompt,
            [
                dict(zip(tokens, weights, strict=False)) if len(tokens) > 1 else {tokens[0]: 1.0}
                for tokens in pair.sets(injection)
            ],
        )


def _exact(
    pair: Pair, injection: Injection, runs: tuple[FloatArray, FloatArray], stated: float
) -> list[Exact]:
    """Return the two runs at every depth.

    Continuations that stay apart keep the weights stated, since these are injected at every step.
    A text that both share is evidence for the one that makes it likelier: Bayes' rule.
    """
    one, other = runs
    sequences = pair.sequences(injection)
    odds = np.log(stated) - np.log1p(-stated)
    found = []
    for at in range(len(one)):
        following = None
        if injection is not Injection.REJOINED:
            if at + 1 < len(one):
                following = sequences[0][at + 1], sequences[1][at + 1]
        elif at + 1 == len(one):
            following = pair.words
        weight = float(1.0 / (1.0 + np.exp(-odds)))
        found.append(Exact(one[at], other[at], stated, weight, following))
        if injection is Injection.REJOINED and at + 1 < len(one):
            token = sequences[0][at + 1]
            said = np.maximum((one[at][token], other[at][token]), SMALLEST)
            odds += float(np.log(said[0] / said[1]))
    return found
