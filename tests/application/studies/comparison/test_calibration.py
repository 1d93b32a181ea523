import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.comparison.calibration import (
    BINS,
    Forecast,
    Forecasts,
    beginnings,
    calibration,
)
from tempo.domain.errors import InvalidValueError
from tests.strategies import seeds, units

A, B, C, END = range(4)


def drawn(rng, probability, count):
    """Texts that begin with A so often."""
    return tuple((A, C) if rng.random() < probability else (B, C) for _ in range(count))


@given(st.lists(st.tuples(units, st.lists(st.booleans(), max_size=4)), min_size=1, max_size=6))
def test_the_error_is_the_weighted_distance_of_its_bins(cases):
    found = [
        Forecasts(beginnings([(A,)], [told]), tuple((A,) if one else (B,) for one in draws))
        for told, draws in cases
    ]
    trials = sum(len(draws) for _, draws in cases)
    if not trials:
        with pytest.raises(InvalidValueError, match="no forecast that a draw could be held to"):
            calibration("begins with A", found, 1)
        return
    result = calibration("begins with A", found, 1)
    assert sum(one.trials for one in result.bins) == trials
    assert result.error.value == pytest.approx(
        sum(
            one.trials * abs(one.predicted - one.observed.value)
            for one in result.bins
            if one.trials
        )
        / trials
    )
    assert 0.0 <= result.error.value <= 1.0
    assert result.excess.value == pytest.approx(
        sum(told * len(draws) - sum(draws) for told, draws in cases) / trials
    )


@given(units)
def test_each_forecast_is_in_the_bin_of_its_probability(told):
    found = [Forecasts(beginnings([(A,)], [told]), ((A,), (B,)))]
    (held,) = (one for one in calibration("begins with A", found, 1).bins if one.trials)
    assert held.low <= told <= held.high
    assert held.predicted == pytest.approx(told)
    assert (held.trials, held.observed.value) == (2, 0.5)


def test_forecasts_that_hold_are_off_by_chance_alone_and_others_by_more():
    rng = np.random.default_rng(4)
    truths = rng.random(80)
    exact = [Forecasts(beginnings([(A,)], [p]), drawn(rng, p, 30)) for p in truths]
    bold = [
        Forecasts(beginnings([(A,)], [p + 0.5 * (1 - p)]), one.draws)
        for p, one in zip(truths, exact, strict=True)
    ]
    good, bad = (calibration("begins with A", found, 1) for found in (exact, bold))
    assert good.error.value < 2 * good.chance
    assert good.excess.low < 0.0 < good.excess.high
    assert bad.error.low > 2 * bad.chance
    assert bad.excess.value == pytest.approx(0.25, abs=0.05)
    assert bad.excess.low > 0.15
    assert bad.excess.low < bad.excess.value < bad.excess.high


@given(seeds)
def test_intervals_are_the_same_for_the_same_seed(seed):
    found = [Forecasts(beginnings([(A,)], [0.4]), ((A,), (B,))) for _ in range(3)]
    assert calibration("e", found, seed).error == calibration("e", found, seed).error


def test_a_forecast_of_sets_happens_where_each_token_is_in_its_set():
    either = Forecast((frozenset((A, B)), frozenset((C,))), 0.5)
    assert either.happens((A, C, B))
    assert either.happens((B, C))
    assert not either.happens((A, B))
    assert not either.happens((A,))  # shorter than the event
    assert either.counts(())


def test_what_is_given_says_which_draws_count():
    """A draw that ends within the given sets stays in them, if it is as long as the event."""
    given_sets = (frozenset((A, B)), frozenset((C, END)), frozenset((A,)))
    second = Forecast((given_sets[0], frozenset((C,))), 0.5, given_sets)
    assert second.counts((A, C, A, B))
    assert second.counts((B, END))
    assert not second.counts((A,))
    assert not second.counts((A, C, B))
    assert [second.happens(draw) for draw in ((A, C, A), (B, END))] == [True, False]


def test_bins_without_a_forecast_say_nothing():
    found = calibration("e", [Forecasts(beginnings([(A,)], [0.55]), ((A,),))], 1)
    assert len(found.bins) == BINS
    assert [one.trials for one in found.bins] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert math.isnan(found.bins[0].predicted)
    assert math.isnan(found.bins[0].observed.value)
    with pytest.raises(InvalidValueError, match="draw more, or look less deep"):
        calibration("e", [], 1)


def test_what_is_no_forecast_is_refused():
    with pytest.raises(InvalidValueError, match=r"probability 1\.5; it must be in \[0, 1\]"):
        Forecast((frozenset((A,)),), 1.5)
    with pytest.raises(InvalidValueError, match="probability nan"):
        Forecast((frozenset((A,)),), math.nan)
    with pytest.raises(InvalidValueError, match="happens always; give it one token set or more"):
        Forecast((), 0.5)


def test_an_errors_interval_leans_to_neither_side():
    """Resamples of exact forecasts are further off than the draws are: corrected, they are not."""
    rng = np.random.default_rng(6)
    exact = [Forecasts(beginnings([(A,)], [p]), drawn(rng, p, 20)) for p in rng.random(60)]
    error = calibration("begins with A", exact, 1).error
    assert error.low < error.value < error.high
    assert error.high - error.value < 2 * (error.value - error.low)
