import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.infrastructure.plotting.runs.step_axis import StepBins


@st.composite
def bins(draw):
    first = draw(st.integers(0, 50))
    return StepBins(first, first + draw(st.integers(1, 400)), draw(st.integers(1, 90)))


@given(bins())
def test_columns_cover_all_steps_in_order_and_are_no_more_than_asked(columns):
    assert len(columns.starts) <= columns.most
    assert columns.edges[0] == columns.first - 0.5
    assert columns.edges[-1] == columns.end - 0.5
    assert np.all(np.diff(columns.edges) > 0)
    assert np.all(np.diff(columns.edges) <= columns.size)


@given(bins(), st.data())
def test_a_column_is_the_mean_of_its_steps_and_nothing_where_there_is_none(columns, data):
    values = {
        step: data.draw(st.none() | st.floats(0, 9))
        for step in range(columns.first, min(columns.end, columns.first + 20))
    }
    for low, high, mean in zip(
        columns.edges, columns.edges[1:], columns.means(values.items()), strict=False
    ):
        inside = [one for step, one in values.items() if low < step < high and one is not None]
        if inside:
            assert mean == pytest.approx(sum(inside) / len(inside))
        else:
            assert math.isnan(mean)


def test_a_column_of_several_steps_says_so():
    assert (StepBins(0, 10, 10).told, StepBins(0, 11, 10).told) == ("", " (means of 2 steps)")
