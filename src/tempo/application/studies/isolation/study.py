"""The use-case: the same sets with siblings that see each other and that do not; and free runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.application.decoding.rescoring import Rescore
from tempo.application.studies.curves.cells import Cell, PromptFigures
from tempo.application.studies.fidelity.distances import divergence
from tempo.application.studies.isolation.forcing import Forcing, GivenSet
from tempo.application.studies.isolation.plan import (
    REORDERED,
    TOP,
    VISIBLE,
    rule_of_run,
    series,
)
from tempo.application.studies.keeping import each
from tempo.domain.row_rules import RowRules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.decoding.generate import Generate
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.studies.curves.cells import Layout
    from tempo.application.studies.isolation.plan import IsolationPlan
    from tempo.application.studies.keeping import Kept
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

FIRST = (10, 20, 40)
"""Texts are compared over so many first tokens."""


class IsolationStudy:
    """Hold isolated against visible siblings."""

    def __init__(
        self, plan: IsolationPlan, generate: Generate, backend: ModelBackend, tokenizer: Tokenizer
    ) -> None:
        """Work over any model adapter."""
        self._plan = plan
        self._generate = generate
        self._backend = backend
        self._tokenizer = tokenizer

    @property
    def layout(self) -> Layout:
        """What is shown."""
        return self._plan.layout

    def contexts(
        self, texts: Sequence[str], kept: Kept[PromptFigures] | None = None
    ) -> Iterator[PromptFigures]:
        """Measure one prompt after another, but those that are kept.

        Raises:
            PromptError: for a prompt that does not fit the model.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        return each(len(texts), lambda number: self._measured(number, texts[number]), kept)

    def _measured(self, number: int, text: str) -> PromptFigures:
        prompt = self._tokenizer.encode(text)
        figures: dict[Cell, float] = {}
        for superposition in self._plan.superpositions:
            runs = [
                self._run(prompt, superposition, visibility)
                for visibility in ("isolated", "visible")
            ]
            figures |= self._own_ways(superposition, runs[0], runs[1])
            figures |= self._same_sets(superposition, prompt, _sets(runs[0], self._plan.depths[-1]))
        return PromptFigures(number, text, figures)

    def _run(self, prompt: Sequence[TokenId], superposition: str, visibility: str) -> Outcome:
        plan = self._plan
        steps = max(plan.steps, plan.depths[-1] + 1)
        rule = rule_of_run(superposition, visibility)
        return self._generate.run(rule.request(prompt, (), plan.threshold, plan.width, steps))

    def _same_sets(
        self, superposition: str, prompt: tuple[TokenId, ...], sets: Sequence[GivenSet]
    ) -> dict[Cell, float]:
        """Return how far apart the readouts over the same sets are."""
        if not sets:
            return {}
        isolated = rule_of_run(superposition, "isolated")
        with self._backend.open(prompt, RowRules()) as session:
            forcing = Forcing(self._backend, self._tokenizer, session, prompt)
            plain = forcing.run(isolated, sets)
            others = {
                VISIBLE: forcing.run(rule_of_run(superposition, "visible"), sets),
                REORDERED: forcing.run(isolated, [one.reordered for one in sets]),
            }
        figures: dict[Cell, float] = {}
        for depth in self._plan.depths:
            if depth > len(sets):
                break
            for against, readouts in others.items():
                compared = _compared(plain[depth - 1], readouts[depth - 1])
                figures |= {
                    Cell(name, series(superposition, against), depth): value
                    for name, value in compared.items()
                }
            change = _entropy(others[VISIBLE][depth - 1]) - _entropy(plain[depth - 1])
            figures[Cell("entropy", superposition, depth)] = change
        return figures

    def _own_ways(self, superposition: str, one: Outcome, other: Outcome) -> dict[Cell, float]:
        """Return how far apart two runs come that choose their own sets."""
        paths = one.best_path_ids, other.best_path_ids
        figures: dict[Cell, float] = {}
        for length in FIRST:
            if length <= min(map(len, paths)):
                same = [a == b for a, b in zip(*paths, strict=False)][:length]
                figures[Cell("text", superposition, length)] = float(np.mean(same))
        place = float(self._plan.steps)
        scores = Rescore(self._backend).run(one.lattice.prompt_ids, [tuple(path) for path in paths])
        means = [score / len(path) for score, path in zip(scores, paths, strict=True)]
        figures[Cell("score", superposition, place)] = means[1] - means[0]
        widths = [
            float(np.mean([len(step.token_set.members) for step in run.lattice.steps]))
            for run in (one, other)
        ]
        figures[Cell("width", superposition, place)] = widths[1] - widths[0]
        return figures


def _sets(outcome: Outcome, depth: int) -> list[GivenSet]:
    """Return the first sets of a run with their weights, up to one where a text ends."""
    found = []
    for step in outcome.lattice.steps[:depth]:
        members = step.token_set.members
        if len(step.token_set.live) < len(members):
            break
        weights = np.array([one.weight for one in members])
        shares = tuple((weights / weights.sum()).tolist())
        found.append(GivenSet(tuple(one.token_id for one in members), shares))
    return found


def _compared(one: FloatArray, other: FloatArray) -> dict[str, float]:
    """Return how far [vocab] probabilities are from others."""
    one, other = one / one.sum(), other / other.sum()
    with np.errstate(divide="ignore"):
        logs, middle = np.log(other), np.log(0.5 * (one + other))
    best = [set(np.argsort(-row, kind="stable")[:TOP].tolist()) for row in (one, other)]
    return {
        "kl": divergence(one, logs),
        "js": 0.5 * (divergence(one, middle) + divergence(other, middle)),
        "top": len(best[0] & best[1]) / TOP,
        "agreement": float(one.argmax() == other.argmax()),
    }


def _entropy(one: FloatArray) -> float:
    shares = one[one > 0.0]
    return float(-(shares * np.log(shares)).sum() / shares.sum() + np.log(shares.sum()))
