"""One item of a study by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.alone import Alone
from tempo.application.studies.keeping import each


@given(st.integers(1, 12), st.data())
def test_one_item_is_measured_and_no_other(count, data):
    wanted = data.draw(st.lists(st.integers(0, count - 1)))
    measured, alone = [], Alone()

    def measure(number):
        measured.append(number)
        return number / 7

    found = [alone.found(one, lambda: each(count, measure, alone)) for one in wanted]
    assert found == [one / 7 for one in wanted]
    assert measured == wanted


def test_an_item_that_there_is_not_is_refused():
    alone = Alone()
    with pytest.raises(KeyError, match="5"):
        alone.found(5, lambda: each(3, float, alone))
