"""What the threshold is a share of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.schedule import BezierThreshold, ConstantThreshold
from tempo.domain.selection import Selection, ThresholdBasis

LEADER = Selection(ConstantThreshold(0.3), basis=ThresholdBasis.LEADER)


def test_under_total_the_threshold_stands_whatever_the_weights():
    assert Selection(ConstantThreshold(0.3)).level(0, 9, 0.6) == 0.3


def test_under_leader_it_is_a_share_of_the_heaviest_hypothesis():
    assert LEADER.level(0, 9, 0.6) == pytest.approx(0.18)


@given(st.floats(0, 1), st.integers(0, 9))
def test_with_one_live_hypothesis_both_are_the_same(threshold, step):
    curve = BezierThreshold(threshold, 0.5, 0.2, 0.8)
    levels = {Selection(curve, basis=basis).level(step, 10, 1.0) for basis in ThresholdBasis}
    assert len(levels) == 1
