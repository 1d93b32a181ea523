"""Means over contexts with their 95 % intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.proposal import FloatArray

RESAMPLES = 9_999
CONFIDENCE = 0.95
ROUNDING = 1e-12
"""Values that differ by less, of the largest, do not differ."""

BATCH = 500
"""Resamples at once: a batch holds batch x statistics x contexts numbers."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over contexts.

    Attributes:
        value: the mean; NaN over no context.
        low: lower end of its bootstrap interval (bias-corrected and accelerated).
        high: upper end.
        contexts: how many contexts have the figure.
    """

    value: float
    low: float
    high: float
    contexts: int


def estimates(samples: Mapping[str, Sequence[float]], seed: int) -> dict[str, Estimate]:
    """Estimate the mean of each sample; all samples are over the same contexts.

    The contexts are resampled together, so that differences taken within a context are paired. A
    context where a figure is undefined (NaN) is left out of that figure alone.
    """
    found: dict[str, Estimate] = {}
    whole: dict[str, FloatArray] = {}
    for name, sample in samples.items():
        values = np.asarray(sample, dtype=np.float64)
        defined = values[~np.isnan(values)]
        if not _varies(defined):
            mean = float(defined.mean()) if len(defined) else math.nan
            found[name] = Estimate(mean, mean, mean, len(defined))
        elif len(defined) < len(values):
            found |= _bootstrapped({name: defined}, seed)
        else:
            whole[name] = values
    found |= _bootstrapped(whole, seed)
    return {name: found[name] for name in samples}


def _varies(values: FloatArray) -> bool:
    """Whether there is something to resample: two finite values that differ beyond rounding."""
    if len(values) < 2 or not np.isfinite(values).all():  # noqa: PLR2004 - a pair
        return False
    return float(np.ptp(values)) > ROUNDING * float(np.abs(values).max())


def _bootstrapped(samples: Mapping[str, FloatArray], seed: int) -> dict[str, Estimate]:
    if not samples:
        return {}
    from scipy.stats import bootstrap  # noqa: PLC0415 - takes a second to load

    table = np.stack(list(samples.values()))
    interval = bootstrap(
        (table,),
        np.mean,
        axis=1,
        batch=BATCH,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(seed % 2**64),
    ).confidence_interval
    return {
        name: Estimate(mean, low, high, table.shape[1])
        for name, mean, low, high in zip(
            samples,
            table.mean(axis=1).tolist(),
            interval.low.tolist(),
            interval.high.tolist(),
            strict=True,
        )
    }
