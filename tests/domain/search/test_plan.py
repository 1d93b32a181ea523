import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.search.plan import TreeSearch
from tempo.domain.search.report import SearchReport, TriedText

NAMES = {
    "simulations": "mcts_simulations",
    "depth": "mcts_depth",
    "batch": "mcts_batch",
    "rows": "mcts_rows",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, -3])
def test_a_count_below_one_is_refused_by_its_settings_name(name, value):
    with pytest.raises(InvalidValueError, match=f"{NAMES[name]} is {value}; it must be 1 or more"):
        TreeSearch(**{name: value})


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 50), st.integers(1, 500))
def test_a_bound_on_rows_bounds_the_cache(simulations, depth, steps, rows):
    free = TreeSearch(simulations, depth).cache_rows(steps)
    assert TreeSearch(simulations, depth, rows=rows).cache_rows(steps) == min(free, rows)
    assert free >= steps


def tried(value, log_probability=-1.0, *, complete=True, tokens=(1, 2)):
    return TriedText("x", tokens, value, log_probability, finished=False, complete=complete)


def test_complete_texts_stand_first_then_the_better_then_the_likelier():
    texts = [tried(0.9, complete=False), tried(0.1), tried(0.5, -4.0), tried(0.5, -2.0)]
    ordered = sorted(texts, key=lambda one: one.standing)
    assert ordered == [texts[3], texts[2], texts[1], texts[0]]


def test_a_report_tells_rows_by_simulation_and_what_sharing_saved():
    report = SearchReport(0.5, (), simulations=4, rows=10, unshared_rows=100)
    assert (report.rows_per_simulation, report.shared) == (2.5, 0.1)
    assert report.as_mapping() == {
        "value": 0.5,
        "texts": 0,
        "simulations": 4,
        "rows": 10,
        "rows_per_simulation": 2.5,
        "unshared_rows": 100,
        "errors": 0,
        "error": None,
        "spent": False,
    }


def test_a_report_of_nothing_divides_by_nothing():
    report = SearchReport(0.0, (), simulations=0, rows=3, unshared_rows=0)
    assert (report.rows_per_simulation, report.shared) == (0.0, 1.0)
