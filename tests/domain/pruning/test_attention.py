import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.attention import AttentionPruning, Sigmoid
from tempo.domain.pruning.retroactive import Evidence
from tempo.domain.pruning.verdict import Verdict
from tempo.domain.schedule import BezierThreshold, ConstantThreshold
from tests.strategies import units

steepnesses = st.sampled_from([0.5, 2.0, 10.0, 1e6])
distances = st.floats(-2.0, 2.0)


def rule(absolute=0.0, relative=None, steepness=None, **fields):
    sigmoid = None if steepness is None else Sigmoid(steepness)
    return AttentionPruning(ConstantThreshold(absolute), relative, sigmoid, **fields)


def verdicts(judge, attention, step=0, max_steps=10):
    return judge.verdicts(Evidence(np.empty(0), np.array(attention)), step, max_steps)


def weights(judge, attention, **when):
    return [verdict.weight for verdict in verdicts(judge, attention, **when)]


def test_a_hard_cut_keeps_what_has_enough_attention_in_itself():
    assert verdicts(rule(absolute=0.02), [0.05, 0.02, 0.01]) == (
        Verdict("attention", 0.05, 0.02, 1.0),
        Verdict("attention", 0.02, 0.02, 1.0),
        Verdict("attention", 0.01, 0.02, 0.0),
    )


def test_a_hard_cut_keeps_what_has_enough_attention_beside_the_best():
    assert weights(rule(relative=0.5), [0.004, 0.002, 0.001]) == [1.0, 1.0, 0.0]
    assert verdicts(rule(relative=0.5), [0.004, 0.001])[1] == Verdict(
        "relative_attention", 0.25, 0.5, 0.0
    )


def test_both_conditions_hold_for_what_stays_and_the_one_that_fails_is_named():
    found = verdicts(rule(absolute=0.02, relative=0.5), [0.1, 0.04, 0.06, 0.01])

    assert [(one.rule, one.weight) for one in found] == [
        ("attention", 1.0),
        ("relative_attention", 0.0),
        ("attention", 1.0),
        ("attention", 0.0),
    ]
    assert weights(rule(absolute=0.07, relative=0.5), [0.1, 0.04, 0.06]) == [1.0, 0.0, 0.0]


def test_only_the_absolute_threshold_changes_who_stays():
    assert weights(rule(absolute=0.01), [0.05, 0.02]) == [1.0, 1.0]
    assert weights(rule(absolute=0.03), [0.05, 0.02]) == [1.0, 0.0]
    assert weights(rule(absolute=0.06), [0.05, 0.02]) == [0.0, 0.0]


def test_only_the_relative_threshold_changes_who_stays():
    assert weights(rule(relative=None), [0.05, 0.02]) == [1.0, 1.0]
    assert weights(rule(relative=0.3), [0.05, 0.02]) == [1.0, 1.0]
    assert weights(rule(relative=0.5), [0.05, 0.02]) == [1.0, 0.0]


def test_only_the_step_changes_who_stays_under_a_threshold_that_moves():
    moving = AttentionPruning(BezierThreshold(0.0, 1.0, 1 / 3, 2 / 3), None, None)

    assert weights(moving, [0.35], step=3, max_steps=11) == [1.0]
    assert weights(moving, [0.35], step=4, max_steps=11) == [0.0]


def test_only_the_sigmoid_changes_a_cut_into_a_weight():
    hard, soft = (weights(rule(relative=0.5, steepness=k), [1.0, 0.45]) for k in (None, 10.0))

    assert hard == [1.0, 0.0]
    assert soft == [1.0, pytest.approx(1 / (1 + math.exp(0.5)))]


def test_only_the_steepness_changes_how_soft_the_cut_is():
    assert [weights(rule(relative=0.5, steepness=k), [1.0, 0.45])[1] for k in (2, 20, 100)] == [
        pytest.approx(1 / (1 + math.exp(0.1))),
        pytest.approx(1 / (1 + math.exp(1.0))),
        0.0,
    ]


def test_at_its_threshold_a_score_has_half_a_weight():
    assert weights(rule(absolute=0.02, steepness=10.0), [0.02]) == [0.5]
    assert weights(rule(relative=0.5, steepness=10.0), [0.2, 0.1])[1] == 0.5


def test_the_absolute_distance_is_half_of_the_score_over_the_threshold_less_one():
    assert weights(rule(absolute=0.02, steepness=3.0), [0.03, 0.01]) == [
        pytest.approx(1 / (1 + math.exp(-3.0 * 0.25))),
        pytest.approx(1 / (1 + math.exp(3.0 * 0.25))),
    ]


def test_the_smaller_of_two_soft_weights_counts():
    judge = rule(absolute=0.02, relative=0.5, steepness=10.0)

    assert verdicts(judge, [0.05, 0.024])[1] == Verdict(
        "relative_attention", 0.48, 0.5, 1 / (1 + math.exp(-10.0 * (0.48 - 0.5)))
    )
    assert verdicts(judge, [0.022, 0.02])[1] == Verdict("attention", 0.02, 0.02, 0.5)


def test_where_nobody_received_attention_all_are_equal_and_none_has_enough_in_itself():
    assert weights(rule(absolute=0.01, relative=0.5), [0.0, 0.0]) == [0.0, 0.0]
    assert weights(rule(absolute=0.0, relative=0.5), [0.0, 0.0]) == [1.0, 1.0]


def test_an_absolute_threshold_of_nothing_asks_for_nothing():
    assert weights(rule(absolute=0.0, steepness=10.0), [0.0, 1e-9]) == [1.0, 1.0]


@given(st.lists(units, min_size=1, max_size=6), units, st.none() | units, st.none() | steepnesses)
def test_more_attention_never_weighs_less(attention, absolute, relative, steepness):
    found = weights(rule(absolute, relative, steepness), attention)

    order = np.argsort(attention)
    assert (np.diff(np.array(found)[order]) >= 0.0).all()


@given(
    st.lists(st.integers(0, 8).map(lambda eighths: eighths / 8), min_size=1, max_size=6),
    st.sampled_from([0.0, 0.03, 0.3]),
    st.sampled_from([None, 0.3, 0.77]),
)
def test_the_steepest_sigmoid_is_a_hard_cut_away_from_the_thresholds(attention, absolute, relative):
    hard, steep = (weights(rule(absolute, relative, k), attention) for k in (None, 1e6))

    assert steep == hard


# The sigmoid ------------------------------------------------------------------------------------


@given(steepnesses, distances)
def test_a_weight_is_the_logistic_function_and_exact_where_it_is_certain(steepness, distance):
    exact = 1.0 / (1.0 + math.exp(min(700.0, -steepness * distance)))

    weight = Sigmoid(steepness).weight(distance)

    if 0.0501 < exact < 0.9499:
        assert weight == pytest.approx(exact)
        assert 0.0 < weight < 1.0
    if exact < 0.0499:
        assert weight == 0.0
    if exact > 0.9501:
        assert weight == 1.0


@given(steepnesses, distances, distances)
def test_a_weight_grows_with_the_distance(steepness, one, other):
    low, high = sorted([one, other])

    assert Sigmoid(steepness).weight(low) <= Sigmoid(steepness).weight(high)


@given(steepnesses, steepnesses, distances)
def test_a_steeper_sigmoid_is_further_from_a_half(one, other, distance):
    flat, steep = (Sigmoid(k).weight(distance) for k in sorted([one, other]))

    assert abs(flat - 0.5) <= abs(steep - 0.5)
    assert (flat - 0.5) * (steep - 0.5) >= 0.0


@pytest.mark.parametrize("distance", [-1e300, -1e3, 1e3, 1e300])
def test_no_distance_is_too_large(distance):
    assert Sigmoid(1e6).weight(distance) == float(distance > 0)


@pytest.mark.parametrize("steepness", [0.0, -1.0, math.inf, math.nan])
def test_a_steepness_that_is_no_slope_is_refused(steepness):
    with pytest.raises(InvalidValueError, match=r"sigmoid_steepness is .*; it must be above 0"):
        Sigmoid(steepness)


# What it asks for -------------------------------------------------------------------------------


def test_its_layers_are_what_it_asks_sessions_for():
    layers = LayerWeights(multi_scale=False)

    assert rule(layers=layers).capture == Capture(received=(layers,))


def test_the_documents_thresholds_hold_unless_told_otherwise():
    assert AttentionPruning() == rule(0.01, 0.5, 10.0, layers=LayerWeights(), decay=1.0)


@pytest.mark.parametrize(
    ("fields", "name"), [({"decay": 1.1}, "attention_decay"), ({"relative": -0.1}, "relative_")]
)
def test_a_share_outside_the_unit_interval_is_refused(fields, name):
    with pytest.raises(InvalidValueError, match=rf"{name}.* is .*; it must be in \[0, 1\]"):
        rule(**fields)
