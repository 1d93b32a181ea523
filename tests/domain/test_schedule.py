from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.schedule import BezierThreshold, ConstantThreshold, ReluThreshold
from tests.strategies import units

lengths = st.integers(2, 50)
beziers = st.builds(BezierThreshold, units, units, units, units)
relus = st.builds(ReluThreshold, units, units, units)
curves = beziers | relus


@given(curves, lengths)
def test_a_curve_is_exact_at_both_ends(curve, steps):
    assert curve.at(0, steps) == curve.first
    assert curve.at(steps - 1, steps) == curve.final


@given(curves, lengths)
def test_a_curve_never_leaves_the_values_between_its_ends(curve, steps):
    low, high = sorted((curve.first, curve.final))
    values = [curve.at(step, steps) for step in range(steps)]
    assert min(values) >= low - 1e-12
    assert max(values) <= high + 1e-12


@given(curves, lengths)
def test_a_curve_goes_from_first_to_final_without_turning_back(curve, steps):
    sign = 1 if curve.final >= curve.first else -1
    values = [sign * curve.at(step, steps) for step in range(steps)]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(values))


@given(curves, lengths, st.integers(0, 20))
def test_steps_past_the_last_keep_the_final_threshold(curve, steps, more):
    assert curve.at(steps - 1 + more, steps) == curve.at(steps - 1, steps)


@given(curves)
def test_a_run_of_one_step_has_the_first_threshold(curve):
    assert curve.at(0, 1) == curve.first


@given(units, lengths)
def test_a_constant_threshold_never_moves(value, steps):
    assert {ConstantThreshold(value).at(step, steps) for step in range(steps)} == {value}


def test_a_straight_bezier_is_straight():
    curve = BezierThreshold(0.0, 1.0, 1 / 3, 2 / 3)
    assert [curve.at(step, 5) for step in range(5)] == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def test_a_bezier_follows_its_bernstein_polynomial():
    curve = BezierThreshold(0.1, 0.9, 0.2, 0.8)
    assert curve.at(1, 5) == pytest.approx(0.1 + 0.8 * (0.421875 * 0.2 + 0.140625 * 0.8 + 0.015625))


def test_relu_waits_and_then_rises_straight():
    curve = ReluThreshold(0.1, 0.5, 0.5)
    values = [curve.at(step, 9) for step in range(9)]
    assert values == pytest.approx([0.1] * 5 + [0.2, 0.3, 0.4, 0.5])


def test_relu_that_never_activates_jumps_at_the_last_step():
    curve = ReluThreshold(0.1, 0.5, 1.0)
    assert [curve.at(step, 3) for step in range(3)] == [0.1, 0.1, 0.5]


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan"), float("inf")])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("selection_threshold", ConstantThreshold),
        ("selection_threshold", lambda x: BezierThreshold(x, 1, 0.2, 0.8)),
        ("final_threshold", lambda x: BezierThreshold(0.1, x, 0.2, 0.8)),
        ("bezier_p1", lambda x: BezierThreshold(0.1, 1, x, 0.8)),
        ("bezier_p2", lambda x: BezierThreshold(0.1, 1, 0.2, x)),
        ("selection_threshold", lambda x: ReluThreshold(x, 1, 0.5)),
        ("final_threshold", lambda x: ReluThreshold(0.1, x, 0.5)),
        ("relu_activation_point", lambda x: ReluThreshold(0.1, 1, x)),
    ],
)
def test_a_value_outside_the_unit_interval_is_refused_by_its_name(name, make, wrong):
    with pytest.raises(InvalidValueError, match=rf"{name} is .*; it must be in \[0, 1\]"):
        make(wrong)
