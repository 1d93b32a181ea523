import subprocess
import sys
import warnings

import numpy as np
import pytest
from dependency_injector import providers
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from tempo.infrastructure.clustering.kmeans import RESTARTS, SEED, KMeansClustering, embedded
from tempo.infrastructure.container import Container
from tests.fakes.clustering import LeaderClustering
from tests.strategies import distances_between, seeds, separated_points


def partition(labels):
    labels = list(labels)
    return {frozenset(i for i, one in enumerate(labels) if one == label) for label in labels}


@given(seeds, st.integers(1, 9), st.integers(1, 12), st.sampled_from([1e-3, 1.0, 1e4]))
def test_embedded_points_have_the_distances_given(seed, size, dimensions, scale):
    distances = distances_between(
        scale * np.random.default_rng(seed).normal(size=(size, dimensions))
    )

    points = embedded(distances)

    assert points.shape == (size, size - 1)
    assert distances_between(points) == pytest.approx(distances, rel=1e-6, abs=1e-6 * scale)


@given(separated_points(), st.integers(1, 4))
def test_clusters_are_those_of_k_means_on_the_points_themselves(grouped, fewer):
    """Groups far apart, or all points in one cluster: there is one best partition."""
    count = grouped.count if fewer > 1 else 1

    found = KMeansClustering().clusters(distances_between(grouped.points), count)

    own = KMeans(count, n_init=RESTARTS, random_state=SEED).fit(grouped.points)
    assert partition(found) == partition(own.labels_)


@given(seeds, st.integers(4, 8), st.integers(2, 3))
def test_every_point_is_nearest_to_the_centre_of_its_own_cluster(seed, size, count):
    points = np.random.default_rng(seed).normal(size=(size, 3))

    found = np.array(KMeansClustering().clusters(distances_between(points), count))

    centres = np.array([points[found == label].mean(axis=0) for label in range(count)])
    gaps = ((points[:, None] - centres) ** 2).sum(axis=-1)
    assert gaps[np.arange(size), found] == pytest.approx(gaps.min(axis=1))


def test_of_equally_good_partitions_it_is_always_the_same():
    all_alike = 1.0 - np.eye(8)

    assert len({KMeansClustering().clusters(all_alike, 3) for _ in range(8)}) == 1


def test_copies_of_a_point_weigh_as_many_points():
    """The point in the middle would join one at the left end; three there are too heavy to move."""
    line = np.array([0.0, 0.0, 0.0, 2.0, 4.2])[:, None]

    assert KMeansClustering().clusters(distances_between(line[2:]), 2) == (0, 0, 1)
    assert KMeansClustering().clusters(distances_between(line), 2) == (0, 0, 0, 1, 1)


@pytest.mark.parametrize("scale", [0.0, 1e-300, 1e-8, 1e8, 1e200])
@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_nothing_warns_or_breaks_for_points_at_one_place_or_of_any_size(scale, count):
    line = np.array([0.0, 0.0, 1.0, 1.0, 5.0])
    distances = scale * np.abs(line[:, None] - line)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = KMeansClustering().clusters(distances, count)

    expected = {1: (0, 0, 0, 0, 0), 2: (0, 0, 0, 0, 1)}.get(count, (0, 0, 1, 1, 2))
    assert found == (expected if scale else (0,) * 5)


def test_points_that_only_rounding_tells_apart_are_one():
    line = np.array([0.0, 1e-9, 1.0])
    distances = np.abs(line[:, None] - line)

    assert KMeansClustering().clusters(distances, 3) == (0, 0, 1)
    assert KMeansClustering().clusters(distances + 1e-3 * np.eye(3), 3) == (0, 0, 1)


def test_the_thread_pools_are_as_they_were():
    from threadpoolctl import threadpool_info

    clustering = KMeansClustering()
    points = np.random.default_rng(0).normal(size=(8, 3))
    clustering.clusters(distances_between(points), 3)
    before = threadpool_info()

    clustering.clusters(distances_between(points), 3)

    assert threadpool_info() == before


def test_one_thread_is_enough_for_a_few_points(monkeypatch):
    from threadpoolctl import threadpool_info

    seen = []
    fit = KMeans.fit

    def looking(self, *args, **options):
        seen.extend(
            pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"
        )
        return fit(self, *args, **options)

    monkeypatch.setattr(KMeans, "fit", looking)
    points = np.random.default_rng(0).normal(size=(8, 3))
    KMeansClustering().clusters(distances_between(points), 3)

    assert seen
    assert set(seen) == {1}


IMPORTS = """
import sys
import numpy as np
from tempo.infrastructure.container import Container
clustering = Container().clustering()
clustering.clusters(1.0 - np.eye(3), 3)
print("sklearn" in sys.modules)
clustering.clusters(1.0 - np.eye(4), 3)
print("sklearn" in sys.modules)
"""


@pytest.mark.integration
def test_scikit_learn_is_loaded_by_the_first_set_that_needs_it():
    shown = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True
    )

    assert shown.stdout.split() == ["False", "True"]


def test_the_container_has_one_clustering_and_lets_go_of_it():
    container = Container()

    assert isinstance(container.clustering(), KMeansClustering)
    assert container.clustering() is container.clustering()
    container.clustering.override(providers.Factory(LeaderClustering))
    assert isinstance(container.clustering(), LeaderClustering)
