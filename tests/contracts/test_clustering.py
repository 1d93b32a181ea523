"""What every adapter of the clustering port promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.infrastructure.clustering.kmeans import KMeansClustering
from tests.fakes.clustering import LeaderClustering
from tests.strategies import distances_between, seeds, separated_points

clusterings = pytest.mark.parametrize(
    "clustering", [KMeansClustering(), LeaderClustering()], ids=["k-means", "leaders"]
)
points = st.lists(
    st.lists(st.integers(-2, 2).map(float), min_size=2, max_size=2), min_size=1, max_size=7
).map(np.array)
"""Points on a small grid, many of them at the same place."""
counts = st.integers(1, 8)


@clusterings
@given(points, counts)
def test_there_are_as_many_clusters_as_asked_for_or_as_there_are_points_apart(
    clustering, given_points, count
):
    found = clustering.clusters(distances_between(given_points), count)

    assert len(found) == len(given_points)
    assert len(set(found)) == min(count, len(np.unique(given_points, axis=0)))


@clusterings
@given(points, counts)
def test_clusters_are_numbered_by_their_first_points(clustering, given_points, count):
    found = clustering.clusters(distances_between(given_points), count)

    firsts = list(dict.fromkeys(found))
    assert firsts == list(range(len(firsts)))


@clusterings
@given(points, counts)
def test_points_at_the_same_place_share_a_cluster(clustering, given_points, count):
    distances = distances_between(given_points)

    found = np.array(clustering.clusters(distances, count))

    first, second = np.nonzero(distances == 0.0)
    assert (found[first] == found[second]).all()


@clusterings
@given(points, counts)
def test_the_same_distances_always_give_the_same_answer(clustering, given_points, count):
    distances = distances_between(given_points)

    assert clustering.clusters(distances, count) == clustering.clusters(distances, count)


@clusterings
@given(separated_points())
def test_groups_that_are_far_apart_are_the_clusters(clustering, grouped):
    found = clustering.clusters(distances_between(grouped.points), grouped.count)

    assert found == grouped.groups


@clusterings
@given(separated_points(), seeds)
def test_the_order_of_the_points_changes_no_group(clustering, grouped, seed):
    order = np.random.default_rng(seed).permutation(len(grouped.points))
    groups = np.array(grouped.groups)[order].tolist()
    firsts = list(dict.fromkeys(groups))

    found = clustering.clusters(distances_between(grouped.points[order]), grouped.count)

    assert found == tuple(firsts.index(group) for group in groups)
