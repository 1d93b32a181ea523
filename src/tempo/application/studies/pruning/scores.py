"""What a rule could go by when it judges a set: the scores that are held against the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.capture import LayerWeights
from tempo.domain.lattice import Lattice
from tempo.domain.posteriors import posteriors
from tempo.domain.pruning.attention import AttentionPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import Evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.pruning.watching import Watched
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.retroactive import RetroactiveRule

LAYERS = (LayerWeights(), LayerWeights(multi_scale=False))
"""Captured in one pass: all layers from 0.2 to 1, and the last three alike."""

NOTHING = np.empty(0)


@dataclass(frozen=True, slots=True)
class AttentionScore:
    """One reading of the attention that later rows gave.

    Attributes:
        entry: which of `LAYERS`.
        weighted: whether rows count by their forward weight, or alike.
        nearest: whether only the rows of the step just after count.
    """

    entry: int = 0
    weighted: bool = True
    nearest: bool = False

    def of(self, watched: Watched, step: int, newest: int) -> FloatArray:
        """Return [members] the mean attention that a step received before the newest one."""
        last = step + 2 if self.nearest else newest
        return watched.received(step, last, self.entry, weighted=self.weighted)


ATTENTION_SCORES: Mapping[str, AttentionScore] = {
    "attention": AttentionScore(),
    "attention, last three layers": AttentionScore(entry=1),
    "attention, rows alike": AttentionScore(weighted=False),
    "attention, next rows only": AttentionScore(nearest=True),
}

POSTERIOR, CHAINS, PROBABILITY, CHANCE = "posterior", "chains", "probability", "chance"

SCORES = (POSTERIOR, *ATTENTION_SCORES, CHAINS, PROBABILITY, CHANCE)
"""The names of all scores, in the order of the tables.

Chains is what attention would say if it knew nothing but who descends from whom: the forward weight
of the later rows whose best chain passes a candidate, over the same passes. Probability is the
readout's at the candidate's own step; chance gives all candidates the same.
"""

RULES: Mapping[str, RetroactiveRule] = {
    POSTERIOR: PosteriorPruning(),
    "attention": AttentionPruning(),
    "attention, last three layers": AttentionPruning(layers=LAYERS[1]),
}
"""The rules that go by a score, with their default thresholds."""


@dataclass(frozen=True, slots=True, eq=False)
class JudgedSet:
    """A set of several candidates at the moment of its judgement.

    Attributes:
        step: the set's own.
        newest: the newest step.
        tokens: [k] the candidates.
        truth: [k] exact shares of the paths.
        scores: by name, [k].
        leading: the candidate on the leading path, which no rule takes away.
    """

    step: int
    newest: int
    tokens: tuple[int, ...]
    truth: FloatArray
    scores: Mapping[str, FloatArray] = field(repr=False)
    leading: int = 0

    def dropped(self, score: str, max_steps: int) -> list[int]:
        """Return the candidates that the rule behind a score takes away."""
        shown = self.scores[score]
        by_posterior = score == POSTERIOR
        evidence = Evidence(shown, NOTHING) if by_posterior else Evidence(NOTHING, shown)
        verdicts = RULES[score].verdicts(evidence, self.newest, max_steps)
        return [
            index
            for index, verdict in enumerate(verdicts)
            if verdict.prunes and index != self.leading
        ]


def judged_set(watched: Watched, step: int, newest: int, truth: FloatArray) -> JudgedSet:
    """Return a step of a run as it is known when `newest` is the newest one."""
    steps = watched.steps[: newest + 1]
    members = steps[step].token_set.members
    scores = {
        POSTERIOR: posteriors(steps)[step],
        **{name: one.of(watched, step, newest) for name, one in ATTENTION_SCORES.items()},
        CHAINS: watched.descending(step, newest),
        PROBABILITY: np.array([one.probability for one in members]),
        CHANCE: np.ones(len(members)),
    }
    best = int(np.argmax([one.score for one in steps[newest].token_set.members]))
    return JudgedSet(
        step=step,
        newest=newest,
        tokens=tuple(one.token_id for one in members),
        truth=truth,
        scores=scores,
        leading=Lattice((), steps).chain(newest, best)[step],
    )
