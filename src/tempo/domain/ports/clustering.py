"""Grouping points that are known by their distances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray


class Clustering(Protocol):
    """k-means over points given by the distances between them."""

    def clusters(self, distances: FloatArray, count: int) -> tuple[int, ...]:
        """Return [m] the number of each point's cluster, for Euclidean distances [m, m].

        At most `count` clusters (1 or more), never more than there are points apart: points at no
        distance share one. Clusters are numbered from 0 by their first points. The same distances
        always give the same answer; m is 1 or more, and distances are finite.
        """
        ...
