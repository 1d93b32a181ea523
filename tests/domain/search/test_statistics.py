import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.search.statistics import Statistics

values = st.lists(st.floats(0, 1), max_size=20)


def after(seen):
    statistics = Statistics()
    for value in seen:
        statistics = statistics.entered().backed_up(value)
    return statistics


@given(values)
def test_backing_values_up_gives_their_mean_and_number(seen):
    statistics = after(seen)
    assert statistics.visits == statistics.tried == len(seen)
    assert statistics.mean == pytest.approx(sum(seen) / len(seen) if seen else 0.0)
    assert statistics.pending == 0


@given(values, st.permutations(range(20)))
def test_the_order_of_values_does_not_matter(seen, order):
    shuffled = [seen[index] for index in order if index < len(seen)]
    assert after(shuffled).mean == pytest.approx(after(seen).mean)


@given(values, st.integers(1, 5), st.floats(0, 1))
def test_a_simulation_under_way_is_a_visit_of_the_worst_value(seen, under_way, low):
    worst = low * min(seen, default=1.0)
    statistics = after(seen)
    for _ in range(under_way):
        statistics = statistics.entered()
    assert statistics.tried == len(seen) + under_way
    assert statistics.expected(worst) == pytest.approx(
        (sum(seen) + under_way * worst) / (len(seen) + under_way)
    )
    assert statistics.expected(worst) <= after(seen).expected(worst) + 1e-9 or not seen


def test_what_was_never_tried_is_expected_to_be_worth_nothing():
    assert Statistics().expected(0.5) == Statistics().mean == 0.0


@pytest.mark.parametrize("wrong", [{"visits": -1}, {"pending": -1}])
def test_counts_below_zero_are_refused(wrong):
    with pytest.raises(InvalidValueError, match="neither can be below 0"):
        Statistics(**wrong)
