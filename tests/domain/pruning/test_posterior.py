from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.capture import Capture
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import Evidence
from tempo.domain.pruning.verdict import Verdict
from tempo.domain.schedule import BezierThreshold, ConstantThreshold
from tests.strategies import distributions

TENTHS = [0.1, 0.5, 0.6, 0.8, 0.9, 0.95, 1.0]
shares = st.integers(1, 6).flatmap(distributions)


def rule(mass=1.0, floor=0.0):
    return PosteriorPruning(mass, ConstantThreshold(floor))


def verdicts(judge, posterior, step=0, max_steps=10):
    return judge.verdicts(Evidence(np.array(posterior), np.empty(0)), step, max_steps)


def stays(judge, posterior, **when):
    return [not verdict.prunes for verdict in verdicts(judge, posterior, **when)]


def test_each_verdict_tells_the_stricter_of_mass_and_floor():
    assert verdicts(rule(0.8, 0.05), [0.5, 0.1, 0.37, 0.03]) == (
        Verdict("posterior", 0.5, 0.37, 1.0),
        Verdict("posterior", 0.1, 0.37, 0.0),
        Verdict("posterior", 0.37, 0.37, 1.0),
        Verdict("posterior", 0.03, 0.37, 0.0),
    )
    assert [one.threshold for one in verdicts(rule(1.0, 0.05), [0.5, 0.47, 0.03])] == [0.05] * 3
    assert [one.threshold for one in verdicts(rule(0.8, 0.4), [0.5, 0.37, 0.13])] == [0.4] * 3


def test_only_the_mass_changes_who_stays():
    posterior = [0.5, 0.3, 0.2]

    assert stays(rule(0.5), posterior) == [True, False, False]
    assert stays(rule(0.51), posterior) == [True, True, False]
    assert stays(rule(0.81), posterior) == [True, True, True]


def test_only_the_floor_changes_who_stays():
    posterior = [0.5, 0.3, 0.2]

    assert stays(rule(floor=0.2), posterior) == [True, True, True]
    assert stays(rule(floor=0.21), posterior) == [True, True, False]
    assert stays(rule(floor=0.31), posterior) == [True, False, False]
    assert stays(rule(floor=0.51), posterior) == [False, False, False]


def test_only_the_step_changes_who_stays_under_a_floor_that_moves():
    moving = PosteriorPruning(1.0, BezierThreshold(0.0, 1.0, 1 / 3, 2 / 3))

    assert stays(moving, [0.6, 0.4], step=3, max_steps=11) == [True, True]
    assert stays(moving, [0.6, 0.4], step=5, max_steps=11) == [True, False]
    assert stays(moving, [0.6, 0.4], step=7, max_steps=11) == [False, False]


def test_of_equal_shares_at_the_edge_of_the_mass_the_earlier_stay():
    assert stays(rule(0.7), [0.25, 0.25, 0.25, 0.25]) == [True, True, True, False]
    assert stays(rule(0.7), [0.2, 0.2, 0.4, 0.2]) == [True, True, True, False]


@pytest.mark.parametrize("posterior", [[0.6, 0.3, 0.1], [0.4, 0.3, 0.2, 0.1], [0.7, 0.2, 0.1]])
def test_a_mass_that_is_missed_by_rounding_alone_is_reached(posterior):
    """0.6 + 0.3 is a little less than 0.9 in floating point."""
    assert stays(rule(0.9), posterior)[-1] is False


def test_with_all_of_the_mass_only_the_impossible_go():
    posterior = [0.1] * 10 + [0.0]

    assert sum(np.cumsum(posterior) < 1.0) > 9  # the sum itself falls short of 1
    assert stays(rule(1.0), posterior) == [True] * 10 + [False]


@given(shares, st.sampled_from(TENTHS))
def test_nothing_smaller_than_what_stays_has_the_mass(posterior, mass):
    kept = np.array(stays(rule(mass), posterior))

    def reaches(subset):
        return posterior[list(subset)].sum() >= mass - 1e-9

    indices = range(len(posterior))
    smallest = min(
        size for size in indices for one in combinations(indices, size + 1) if reaches(one)
    )
    assert kept.sum() == smallest + 1
    assert reaches(np.flatnonzero(kept))


@given(shares, st.sampled_from(TENTHS), st.sampled_from([0.0, 0.02, 0.2, 0.5, 0.9]))
def test_the_best_goes_only_under_the_floor_and_then_all_go(posterior, mass, floor):
    kept = stays(rule(mass, floor), posterior)

    assert kept[int(posterior.argmax())] is bool(posterior.max() >= floor)
    assert all(share >= floor for share, one in zip(posterior, kept, strict=True) if one)


@given(shares, st.sampled_from(TENTHS), st.permutations(range(6)))
def test_who_stays_does_not_depend_on_the_order_but_for_ties(posterior, mass, order):
    order = [index for index in order if index < len(posterior)]

    kept = np.array(stays(rule(mass), posterior))
    moved = np.array(stays(rule(mass), posterior[order]))

    assert sorted(posterior[kept]) == sorted(posterior[order][moved])


def test_even_the_least_mass_keeps_the_best():
    assert stays(rule(1e-12), [0.4, 0.6]) == [False, True]


def test_it_asks_for_no_capture():
    assert PosteriorPruning().capture == Capture()
    assert PosteriorPruning() == rule(0.98, 0.02)


@pytest.mark.parametrize("mass", [0.0, -0.1, 1.01, float("nan")])
def test_a_mass_that_is_no_share_is_refused(mass):
    with pytest.raises(InvalidValueError, match=r"posterior_mass is .*; it must be in \(0, 1\]"):
        PosteriorPruning(mass)
