"""scikit-learn's k-means over points of which only the distances are known."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from tempo.domain.proposal import FloatArray

    IntArray = npt.NDArray[np.intp]

SEED = 42
RESTARTS = 10

RESOLUTION = 1e-6
"""Points closer than this share of the largest distance are one: the embedding squares distances,
so nearer ones drown in its rounding."""


class KMeansClustering:
    """k-means over the points that have the distances given.

    The sums of squares that k-means lowers depend on distances alone, so any points with these
    distances give the same clusters; classical multidimensional scaling (Torgerson, 1952) finds
    some. scikit-learn, which takes a second or two to load, is loaded when it is first needed: not
    for sets of which every point is a cluster of its own.
    """

    def clusters(self, distances: FloatArray, count: int) -> tuple[int, ...]:
        widest = distances.max(initial=0.0)
        scaled = distances / widest if widest > 0.0 else distances
        near = (scaled <= RESOLUTION) | np.eye(len(scaled), dtype=bool)
        first = near.argmax(axis=0)  # the first point that is where each one is
        apart, position, copies = np.unique(first, return_inverse=True, return_counts=True)
        if len(apart) <= count:
            return tuple(position.tolist())
        points = embedded(scaled[np.ix_(apart, apart)])
        return _in_order(self._labels(points, copies, count)[position].tolist())

    def _labels(self, points: FloatArray, copies: IntArray, count: int) -> Any:  # noqa: ANN401 - scikit-learn has no types
        from sklearn.cluster import KMeans  # noqa: PLC0415 - takes a second or two to load

        estimator = KMeans(count, n_init=RESTARTS, random_state=SEED)
        with self._pools.limit(limits=1, user_api="openmp"):
            return estimator.fit(points, sample_weight=copies).labels_

    @cached_property
    def _pools(self) -> Any:  # noqa: ANN401 - threadpoolctl has no types
        """The thread pools in memory: waking one for a few points takes longer than the points."""
        from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - once loaded, lists pools

        return ThreadpoolController()


def embedded(distances: FloatArray) -> FloatArray:
    """Return points [m, d] with the Euclidean distances [m, m]; d is below m."""
    squares = distances**2
    means = squares.mean(axis=0)
    inner = -0.5 * (squares - means - means[:, None] + means.mean())
    values, vectors = np.linalg.eigh(inner)
    # The centre takes one dimension away; what rounding made negative is no dimension either.
    points: FloatArray = vectors[:, 1:] * np.sqrt(np.maximum(values[1:], 0.0))
    return points


def _in_order(labels: list[int]) -> tuple[int, ...]:
    """Number clusters by their first points, as numbers say nothing else."""
    number = {label: index for index, label in enumerate(dict.fromkeys(labels))}
    return tuple(number[label] for label in labels)
