import math

import numpy as np
import pytest
from scipy.stats import bootstrap

from tempo.application.studies.intervals import Estimate, estimates

RNG = np.random.default_rng(5)
ONE, OTHER = RNG.gamma(1.0, size=30), RNG.gamma(2.0, size=30)


def test_an_interval_is_scipys_whatever_stands_beside_it():
    found = estimates({"one": ONE, "other": OTHER}, seed=7)
    for name, sample in (("one", ONE), ("other", OTHER)):
        expected = bootstrap(
            (sample,), np.mean, rng=np.random.default_rng(7), batch=500
        ).confidence_interval
        assert found[name] == Estimate(
            pytest.approx(sample.mean()),
            pytest.approx(expected.low),
            pytest.approx(expected.high),
            30,
        )


def test_a_paired_difference_is_narrower_than_two_means():
    """The same contexts are drawn for both; a constant difference has no width at all."""
    found = estimates({"one": ONE, "shifted": ONE + 0.5, "between": (ONE + 0.5) - ONE}, seed=7)
    assert found["one"].high - found["one"].low > 0.1
    assert found["between"].high - found["between"].low < 1e-9


def test_the_seed_decides_and_any_whole_number_is_one():
    assert estimates({"one": ONE}, 3) == estimates({"one": ONE}, 3)
    assert estimates({"one": ONE}, 3) != estimates({"one": ONE}, 4)
    assert estimates({"one": ONE}, -1)["one"].contexts == 30


def test_an_undefined_figure_is_left_out_of_its_own_mean_alone():
    holed = ONE.copy()
    holed[3] = math.nan
    found = estimates({"holed": holed, "other": OTHER}, seed=7)
    assert found["holed"].contexts == 29
    assert found["holed"].value == pytest.approx(np.nanmean(holed))
    assert found["other"] == estimates({"other": OTHER}, seed=7)["other"]
    assert list(found) == ["holed", "other"]


@pytest.mark.parametrize(
    ("sample", "mean", "count"),
    [([0.5], 0.5, 1), ([1.0, 1.0, 1.0], 1.0, 3), ([1.0, math.inf], math.inf, 2)],
)
def test_what_does_not_vary_has_an_interval_without_width(sample, mean, count):
    assert estimates({"one": sample}, 0)["one"] == Estimate(mean, mean, mean, count)


def test_no_context_gives_an_undefined_mean():
    found = estimates({"one": [], "two": [math.nan]}, 0)
    assert all(math.isnan(one.value) and one.contexts == 0 for one in found.values())
