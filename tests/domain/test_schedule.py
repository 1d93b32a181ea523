from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.schedule import (
    AbsoluteBezierThreshold,
    BezierThreshold,
    ConstantThreshold,
    LciThreshold,
    LinearThreshold,
    ReluThreshold,
)
from tests.strategies import units

lengths = st.integers(2, 50)
lines = st.builds(LinearThreshold, units, units)
beziers = st.builds(BezierThreshold, units, units, units, units)
relus = st.builds(ReluThreshold, units, units, units)
lcis = st.builds(LciThreshold, units, units)
between_their_ends = lines | beziers | relus | lcis
absolute_beziers = st.builds(AbsoluteBezierThreshold, units, units, units, units)
ordered_beziers = st.lists(units, min_size=4, max_size=4).flatmap(
    lambda points: st.sampled_from([sorted(points), sorted(points, reverse=True)]).map(
        lambda p: AbsoluteBezierThreshold(first=p[0], p1=p[1], p2=p[2], final=p[3])
    )
)
curves = between_their_ends | absolute_beziers


def values_of(curve, steps):
    return [curve.at(step, steps) for step in range(steps)]


@given(curves, lengths)
def test_a_curve_is_exact_at_both_ends(curve, steps):
    assert curve.at(0, steps) == curve.first
    assert curve.at(steps - 1, steps) == curve.final


@given(between_their_ends, lengths)
def test_a_curve_never_leaves_the_values_between_its_ends(curve, steps):
    low, high = sorted((curve.first, curve.final))
    values = values_of(curve, steps)
    assert min(values) >= low
    assert max(values) <= high


@given(absolute_beziers, lengths)
def test_an_absolute_bezier_never_leaves_the_values_between_its_points(curve, steps):
    points = (curve.first, curve.p1, curve.p2, curve.final)
    values = values_of(curve, steps)
    assert min(values) >= min(points)
    assert max(values) <= max(points)


@given(between_their_ends | ordered_beziers, lengths)
def test_a_curve_goes_from_first_to_final_without_turning_back(curve, steps):
    sign = 1 if curve.final >= curve.first else -1
    values = [sign * value for value in values_of(curve, steps)]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(values))


@given(st.floats(0.01, 1), units, units, lengths)
def test_a_curve_of_shares_bends_alike_between_any_two_ends(final, p1, p2, steps):
    unit, curve = BezierThreshold(0.0, 1.0, p1, p2), BezierThreshold(0.0, final, p1, p2)
    scaled = [final * value for value in values_of(unit, steps)]
    assert values_of(curve, steps) == pytest.approx(scaled)


@given(curves, lengths, st.integers(0, 20))
def test_steps_past_the_last_keep_the_final_threshold(curve, steps, more):
    assert curve.at(steps - 1 + more, steps) == curve.at(steps - 1, steps)


@given(curves)
def test_a_run_of_one_step_has_the_first_threshold(curve):
    assert curve.at(0, 1) == curve.first


@given(units, lengths)
def test_a_constant_threshold_never_moves(value, steps):
    assert {ConstantThreshold(value).at(step, steps) for step in range(steps)} == {value}


def test_a_straight_line_is_straight():
    curve = LinearThreshold(0.9, 0.1)
    assert values_of(curve, 5) == pytest.approx([0.9, 0.7, 0.5, 0.3, 0.1])


def test_a_straight_bezier_is_straight():
    curve = BezierThreshold(0.0, 1.0, 1 / 3, 2 / 3)
    assert [curve.at(step, 5) for step in range(5)] == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def test_a_bezier_follows_its_bernstein_polynomial():
    curve = BezierThreshold(0.1, 0.9, 0.2, 0.8)
    assert curve.at(1, 5) == pytest.approx(0.1 + 0.8 * (0.421875 * 0.2 + 0.140625 * 0.8 + 0.015625))


def test_an_absolute_bezier_takes_its_inner_points_as_thresholds():
    curve = AbsoluteBezierThreshold(0.1, 0.3, 0.9, 0.7)
    weights = (0.421875, 0.421875, 0.140625, 0.015625)
    expected = sum(w * p for w, p in zip(weights, (0.1, 0.9, 0.7, 0.3), strict=True))
    assert curve.at(1, 5) == pytest.approx(expected)
    assert max(values_of(curve, 50)) > 0.55


def test_the_two_beziers_agree_from_zero_to_one():
    one, other = BezierThreshold(0, 1, 0.2, 0.7), AbsoluteBezierThreshold(0, 1, 0.2, 0.7)
    assert values_of(one, 9) == pytest.approx(values_of(other, 9))


def test_lci_goes_six_sevenths_of_the_way_in_the_first_half_of_the_run():
    curve = LciThreshold(0.0, 0.7)
    assert values_of(curve, 5) == pytest.approx([0.0, 0.3, 0.6, 0.65, 0.7])


def test_lci_has_the_shape_of_its_formula():
    """0.01 + 0.1 I - 0.05 L + 0.05 C runs from -0.04 to 0.135."""

    def formula(x):
        losslessness, invariance, compression = max(0, 1 - x), min(1, 2 * x), min(0.5, x)
        return 0.01 + 0.1 * invariance - 0.05 * losslessness + 0.05 * compression

    shares = [(formula(step / 20) + 0.04) / 0.175 for step in range(21)]
    assert values_of(LciThreshold(0.0, 1.0), 21) == pytest.approx(shares)


def test_relu_waits_and_then_rises_straight():
    curve = ReluThreshold(0.1, 0.5, 0.5)
    values = [curve.at(step, 9) for step in range(9)]
    assert values == pytest.approx([0.1] * 5 + [0.2, 0.3, 0.4, 0.5])


def test_relu_that_never_activates_jumps_at_the_last_step():
    curve = ReluThreshold(0.1, 0.5, 1.0)
    assert [curve.at(step, 3) for step in range(3)] == [0.1, 0.1, 0.5]


MAKERS = {
    "constant": ConstantThreshold,
    "linear": lambda x, **told: LinearThreshold(x, 1, **told),
    "bezier": lambda x, **told: BezierThreshold(x, 1, 0.2, 0.8, **told),
    "absolute": lambda x, **told: AbsoluteBezierThreshold(x, 1, 0.2, 0.8, **told),
    "relu": lambda x, **told: ReluThreshold(x, 1, 0.5, **told),
    "lci": lambda x, **told: LciThreshold(x, 1, **told),
}
wrong_values = pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan"), float("inf")])


@wrong_values
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_first_value_outside_the_unit_interval_is_refused_by_the_setting_it_was_told(make, wrong):
    with pytest.raises(InvalidValueError, match=r"^selection_threshold is .*; it must be in"):
        make(wrong)
    with pytest.raises(InvalidValueError, match=r"^posterior_floor is .*; it must be in \[0, 1\]"):
        make(wrong, name="posterior_floor")


@wrong_values
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("final_threshold", lambda x: LinearThreshold(0.1, x)),
        ("final_threshold", lambda x: BezierThreshold(0.1, x, 0.2, 0.8)),
        ("bezier_p1", lambda x: BezierThreshold(0.1, 1, x, 0.8)),
        ("bezier_p2", lambda x: BezierThreshold(0.1, 1, 0.2, x)),
        ("final_threshold", lambda x: AbsoluteBezierThreshold(0.1, x, 0.2, 0.8)),
        ("bezier_p1", lambda x: AbsoluteBezierThreshold(0.1, 1, x, 0.8)),
        ("bezier_p2", lambda x: AbsoluteBezierThreshold(0.1, 1, 0.2, x)),
        ("final_threshold", lambda x: ReluThreshold(0.1, x, 0.5)),
        ("relu_activation_point", lambda x: ReluThreshold(0.1, 1, x)),
        ("final_threshold", lambda x: LciThreshold(0.1, x)),
    ],
)
def test_a_value_outside_the_unit_interval_is_refused_by_its_name(name, make, wrong):
    with pytest.raises(InvalidValueError, match=rf"^{name} is .*; it must be in \[0, 1\]"):
        make(wrong)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_schedules_that_move_alike_are_equal_whatever_they_move(make):
    assert make(0.3, name="posterior_floor") == make(0.3)
    assert make(0.3) != make(0.4)
