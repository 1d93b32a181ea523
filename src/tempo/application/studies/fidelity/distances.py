"""How far one distribution over the vocabulary is from another, and how alike two rankings are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray

ROUNDING = 1e-6
"""Scores this close, in nats, are equal: rows that are computed twice differ by as much."""


def divergence(exact: FloatArray, log_readout: FloatArray) -> float:
    """Return KL(exact || readout) in nats, of [vocab] probabilities and log-probabilities.

    Infinite where the readout excludes what the exact distribution allows; NaN without an exact
    distribution.
    """
    possible = ~(exact <= 0)
    terms = exact[possible] * (np.log(exact[possible]) - log_readout[possible])
    return _at_least_zero(float(terms.sum()))


def total_variation(exact: FloatArray, log_readout: FloatArray) -> float:
    """Return half the sum of absolute differences, in [0, 1]."""
    return float(np.minimum(0.5 * np.abs(exact - np.exp(log_readout)).sum(), 1.0))


def rank_correlation(one: FloatArray, other: FloatArray) -> float:
    """Return Spearman's coefficient of two scores of the same paths; NaN where one is constant."""
    from scipy.stats import rankdata  # noqa: PLC0415 - takes a second to load

    ranks = rankdata(one), rankdata(other)
    deviations = [values - values.mean() for values in ranks]
    lengths = math.prod(float(np.sqrt((values**2).sum())) for values in deviations)
    return float((deviations[0] * deviations[1]).sum()) / lengths if lengths else math.nan


def holds_best(exact: FloatArray, estimated: FloatArray, count: int) -> float:
    """Return 1 if a path with the best exact score is among the `count` best by estimate, else 0.

    Equal estimates: the earlier path first.
    """
    first = np.argsort(-estimated, kind="stable")[:count]
    return float(exact[first].max() >= exact.max() - ROUNDING)


def _at_least_zero(value: float) -> float:
    """Return a divergence without the rounding that may bring it below 0; NaN stays."""
    return max(value, 0.0)
