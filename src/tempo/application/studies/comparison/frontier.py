"""Which methods no other one beats in quality and cost at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tempo.domain.proposal import FloatArray

RESAMPLES = 2_000
"""Sets of prompts that are drawn to see how firmly a method stands on the frontier."""


@dataclass(frozen=True, slots=True)
class Point:
    """A method in the plane of one cost and one quality.

    Attributes:
        method: its name.
        cost: mean over prompts.
        quality: mean over prompts.
        on_frontier: whether no other method costs at most as much and is at least as good, one of
            them truly.
        support: share of resampled sets of prompts for which that is so, in [0, 1], of those where
            the quality is defined.
    """

    method: str
    cost: float
    quality: float
    on_frontier: bool
    support: float


def undominated(costs: FloatArray, qualities: FloatArray) -> NDArray[np.bool_]:
    """Return [..., points] which points no other dominates, of costs and qualities of that shape.

    A point dominates another if it costs at most as much, is at least as good, and one of them
    truly; equal points do not dominate each other. A NaN is dominated by all and dominates none.
    """
    known = ~(np.isnan(costs) | np.isnan(qualities))
    cost, quality = costs[..., :, None], qualities[..., :, None]  # [..., dominating, dominated]
    other_cost, other_quality = costs[..., None, :], qualities[..., None, :]
    no_worse = (cost <= other_cost) & (quality >= other_quality)
    better = (cost < other_cost) | (quality > other_quality)
    beaten = np.any(no_worse & better, axis=-2)
    return np.asarray(known & ~beaten)


def frontier(
    costs: Mapping[str, Sequence[float]], qualities: Mapping[str, Sequence[float]], seed: int
) -> tuple[Point, ...]:
    """Place methods by their figures on the same prompts, cheapest first.

    Methods whose quality is nowhere defined are left out.
    """
    methods = [name for name, values in qualities.items() if not np.isnan(values).all()]
    if not methods:
        return ()
    paid = np.array([costs[name] for name in methods], dtype=np.float64)
    worth = np.array([qualities[name] for name in methods], dtype=np.float64)
    prompts = paid.shape[1]
    rng = np.random.default_rng(seed % 2**64)
    once = np.ones((1, prompts))
    times = rng.multinomial(prompts, np.full(prompts, 1 / prompts), RESAMPLES).astype(np.float64)
    (cost,), (quality,) = _means(paid, once), _means(worth, once)
    (found,) = undominated(cost[None], quality[None])
    costs_drawn, worths_drawn = _means(paid, times), _means(worth, times)
    defined = (~np.isnan(worths_drawn)).sum(axis=0)
    support = undominated(costs_drawn, worths_drawn).sum(axis=0) / np.maximum(1, defined)
    points = [
        Point(name, *numbers, on_frontier=bool(here), support=float(share))
        for name, numbers, here, share in zip(
            methods, zip(cost.tolist(), quality.tolist(), strict=True), found, support, strict=True
        )
    ]
    return tuple(sorted(points, key=lambda point: (point.cost, -point.quality)))


def _means(values: FloatArray, times: FloatArray) -> FloatArray:
    """Return [sets, methods] means of [methods, prompts], each prompt so often, NaN left out."""
    defined = ~np.isnan(values)
    counted = times @ defined.T.astype(np.float64)
    means: FloatArray = np.full(counted.shape, np.nan)
    return np.divide(times @ np.nan_to_num(values).T, counted, out=means, where=counted > 0)
