import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy, spearmanr

from tempo.application.studies.fidelity.distances import (
    divergence,
    holds_best,
    rank_correlation,
    total_variation,
)
from tests.strategies import distributions, seeds


def logs(values):
    with np.errstate(divide="ignore"):
        return np.log(values)


@given(distributions(5), distributions(5))
def test_divergence_and_variation_equal_their_definitions(exact, readout):
    assert divergence(exact, logs(readout)) == pytest.approx(entropy(exact, readout))
    assert total_variation(exact, logs(readout)) == pytest.approx(
        max(sum(exact[i] for i in chosen) - sum(readout[i] for i in chosen) for chosen in subsets())
    )


def subsets():
    return [[i for i in range(5) if bits >> i & 1] for bits in range(32)]


@given(distributions(5))
def test_a_distribution_is_at_no_distance_from_itself(exact):
    assert divergence(exact, logs(exact)) == 0.0
    assert total_variation(exact, logs(exact)) == pytest.approx(0.0, abs=1e-12)


def test_rounding_does_not_bring_a_divergence_below_zero():
    exact = np.array([0.5, 0.5])
    assert divergence(exact, logs(exact * (1 + 1e-9))) == 0.0


def test_an_undefined_exact_distribution_gives_undefined_distances():
    undefined = np.full(3, np.nan)
    assert math.isnan(divergence(undefined, logs(np.full(3, 1 / 3))))
    assert math.isnan(total_variation(undefined, logs(np.full(3, 1 / 3))))


@given(seeds, st.integers(2, 12), st.integers(2, 4))
def test_the_rank_correlation_is_scipys(seed, size, levels):
    rng = np.random.default_rng(seed)
    one, other = (rng.integers(0, levels, size).astype(float) for _ in range(2))
    found = rank_correlation(one, other)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(one, other).statistic)


def test_the_rank_correlation_bears_impossible_paths():
    assert rank_correlation(np.array([0.0, -np.inf]), np.array([-1.0, -2.0])) == pytest.approx(1.0)


@pytest.mark.parametrize(("count", "held"), [(1, 0.0), (2, 0.0), (3, 1.0), (9, 1.0)])
def test_the_best_path_is_looked_for_among_the_first_by_estimate(count, held):
    exact, estimated = np.array([-3.0, -1.0, -2.0, -4.0]), np.array([-1.0, -3.0, -2.0, -9.0])
    assert holds_best(exact, estimated, count) == held


def test_paths_that_score_alike_but_for_rounding_are_all_best():
    assert holds_best(np.array([-1.0, -1.0 + 1e-8]), np.array([0.0, -1.0]), 1) == 1.0
    assert holds_best(np.array([-1.0, -1.0 + 1e-4]), np.array([0.0, -1.0]), 1) == 0.0
