"""How well one score ranks the candidates of one set, and what its rule does to them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.fidelity.distances import rank_correlation
from tempo.application.studies.pruning.scores import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.pruning.scores import JudgedSet
    from tempo.domain.proposal import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One score on one set; what only a rule does is NaN for a score that no rule goes by.

    Attributes:
        best: 1 if the score's best is the truly best candidate; candidates that share the first
            place share the point.
        worst: the same of the last place.
        spearman: rank correlation with the exact shares; NaN where the score tells none apart.
        keeps_best: 1 if the rule keeps the truly best candidate, else 0.
        drops_worst: 1 if it drops the truly worst one, else 0.
        dropped: share of the candidates that it drops.
        dropped_mass: their exact share of the paths.
        wrong_mass: the same less that of as many truly worst ones: what other verdicts would save.
    """

    best: float
    worst: float
    spearman: float
    keeps_best: float = math.nan
    drops_worst: float = math.nan
    dropped: float = math.nan
    dropped_mass: float = math.nan
    wrong_mass: float = math.nan


METRICS = tuple(entry.name for entry in fields(Ranking))


def ranking(judged: JudgedSet, score: str, max_steps: int) -> Ranking:
    """Return how a score did on a set; its rule stands at step `newest` of `max_steps`."""
    shown, truth = judged.scores[score], judged.truth
    best, worst = int(truth.argmax()), int(truth.argmin())
    placed = Ranking(
        best=_point(shown, best),
        worst=_point(-shown, worst),
        spearman=rank_correlation(truth, shown),
    )
    if score not in RULES:
        return placed
    dropped = judged.dropped(score, max_steps)
    mass = float(truth[dropped].sum())
    return Ranking(
        best=placed.best,
        worst=placed.worst,
        spearman=placed.spearman,
        keeps_best=float(best not in dropped),
        drops_worst=float(worst in dropped),
        dropped=len(dropped) / len(truth),
        dropped_mass=mass,
        wrong_mass=mass - float(np.sort(truth)[: len(dropped)].sum()),
    )


def mean_ranking(rankings: Sequence[Ranking]) -> dict[str, float]:
    """Return the mean of each metric over the sets that have it; NaN where none has."""
    found: dict[str, float] = {}
    for name in METRICS:
        values = [value for one in rankings if not math.isnan(value := getattr(one, name))]
        found[name] = sum(values) / len(values) if values else math.nan
    return found


def _point(shown: FloatArray, true: int) -> float:
    """Return the share of a point that goes to the true candidate among the highest."""
    first = shown == shown.max()
    return float(first[true]) / float(first.sum())
