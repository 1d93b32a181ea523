"""Methods against the reference, prompt by prompt: how much, and whether chance explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.intervals import RESAMPLES, estimates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.studies.intervals import Estimate
    from tempo.domain.proposal import FloatArray

ROUNDING = 1e-9
"""Sums that differ by less, of the largest they could be, are equal."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """One method against the reference in one metric.

    Attributes:
        difference: mean over prompts of the method's figure less the reference's, with its
            interval; of the prompts where both are defined.
        p_value: of the two-sided sign-flip test: how probable a mean this far from 0 is, if on each
            prompt either sign were equally likely. In (0, 1]; NaN without a prompt.
        adjusted: the same after Holm's correction over all methods of the setting.
    """

    difference: Estimate
    p_value: float
    adjusted: float


def contrasts(
    values: Mapping[str, Sequence[float]], reference: str, seed: int
) -> dict[str, Contrast]:
    """Hold each method's figures of the same prompts against the reference's.

    Returns:
        by method, the reference itself left out.
    """
    rival = np.asarray(values[reference], dtype=np.float64)
    differences = {
        method: np.asarray(sample, dtype=np.float64) - rival
        for method, sample in values.items()
        if method != reference
    }
    if not differences:
        return {}
    means = estimates({name: one.tolist() for name, one in differences.items()}, seed)
    chances = sign_flip(np.stack(list(differences.values())), seed)
    return {
        method: Contrast(means[method], chance, adjusted)
        for method, chance, adjusted in zip(differences, chances, holm(chances), strict=True)
    }


def sign_flip(differences: FloatArray, seed: int) -> list[float]:
    """Return the p-value of each row of [methods, prompts] differences; NaN entries are left out.

    Random sign flips, the same for all rows, and the signs as they are (Phipson and Smyth, 2010).
    """
    rng = np.random.default_rng(seed % 2**64)
    told = np.nan_to_num(differences)
    signs = rng.integers(0, 2, (RESAMPLES, told.shape[1])) * 2.0 - 1.0
    sums = np.abs(signs @ told.T)
    allowed = ROUNDING * np.abs(told).sum(axis=1)
    as_far = (sums >= np.abs(told.sum(axis=1)) - allowed).sum(axis=0)
    defined = (~np.isnan(differences)).any(axis=1)
    chances = np.where(defined, (1 + as_far) / (1 + RESAMPLES), math.nan)
    return [float(chance) for chance in chances]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values after Holm's step-down correction (1979), each at most 1.

    The smallest of `m` is multiplied by `m`, the next by `m - 1`, and so on; none comes out below a
    smaller one. NaN is no test and stays.
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - rank) * p))
        adjusted[place] = highest
    return adjusted
