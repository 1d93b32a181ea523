import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.comparison.statistics import contrasts, holm, sign_flip
from tests.strategies import p_values, seeds


def holm_by_definition(p_values):
    """The adjusted value of a test: the least level at which Holm's procedure rejects it."""

    def rejected(level):
        found = set()
        tested = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
        for rank, (p, place) in enumerate(tested):
            if p * (len(tested) - rank) > level:
                break
            found.add(place)
        return found

    known = [p for p in p_values if not math.isnan(p)]
    levels = sorted({p * k for p in known for k in range(1, len(known) + 1)} | {1.0})
    return [
        math.nan
        if math.isnan(p)
        else next((level for level in levels if level <= 1 and place in rejected(level)), 1.0)
        for place, p in enumerate(p_values)
    ]


@given(p_values)
def test_holm_is_the_least_level_at_which_the_step_down_procedure_rejects(found):
    assert holm(found) == pytest.approx(holm_by_definition(found), nan_ok=True)


@given(p_values)
def test_holm_keeps_the_order_and_never_makes_a_test_stronger(found):
    adjusted = holm(found)
    pairs = [pair for pair in zip(found, adjusted, strict=True) if not math.isnan(pair[0])]
    assert all(p <= corrected <= 1.0 for p, corrected in pairs)
    for (one, corrected_one), (other, corrected_other) in product(pairs, pairs):
        assert corrected_one <= corrected_other or one > other


@given(seeds, st.integers(1, 8))
def test_sign_flips_give_what_all_of_them_together_give(seed, prompts):
    values = np.random.default_rng(seed).normal(0.5, 1.0, (2, prompts)).round(1)
    signs = np.array(list(product((-1, 1), repeat=prompts)))
    sums = np.abs(signs @ values.T)
    exact = (sums >= np.abs(values.sum(axis=1)) - 1e-9).mean(axis=0)
    assert sign_flip(values, seed) == pytest.approx(exact.tolist(), abs=0.025)


def test_a_prompt_where_nothing_is_defined_is_no_evidence():
    undefined = np.array([[math.nan, 1.0, 1.0, 1.0, 1.0], [math.nan] * 5])
    one, none = sign_flip(undefined, 3)
    assert one == pytest.approx(2 / 16, abs=0.02)
    assert math.isnan(none)


def test_methods_that_differ_nowhere_differ_by_nothing():
    found = contrasts({"greedy": [1.0, 2.0], "same": [1.0, 2.0]}, "greedy", 1)
    assert list(found) == ["same"]
    assert (found["same"].difference.value, found["same"].p_value) == (0.0, 1.0)
    assert contrasts({"greedy": [1.0]}, "greedy", 1) == {}


def test_a_difference_is_paired_by_prompt_and_corrected_for_all_methods():
    """What prompts have in common is in neither: a small constant gain is found among wide ones."""
    rng = np.random.default_rng(2)
    base = rng.normal(0.0, 10.0, 40)
    values = {
        "greedy": base.tolist(),
        "better": (base + 0.1 + rng.normal(0.0, 0.05, 40)).tolist(),
        "other": rng.permutation(base).tolist(),
    }
    found = contrasts(values, "greedy", 7)
    assert found["better"].difference.value == pytest.approx(0.1, abs=0.03)
    assert 0.0 < found["better"].difference.low < 0.1 < found["better"].difference.high < 0.2
    assert found["better"].p_value == pytest.approx(1e-4)
    assert found["better"].adjusted == pytest.approx(2e-4)
    assert found["other"].adjusted == found["other"].p_value > 0.05
