import math

import pytest

from tempo.application.records.agreement import agreement


@pytest.mark.parametrize(
    ("stored", "found"),
    [(1, 1), (0.5, 0.5), ("a", "a"), (None, None), (None, math.nan), (-math.inf, -math.inf)],
)
def test_what_is_equal_agrees(stored, found):
    assert agreement("values", [("here", stored, found)]).equal


@pytest.mark.parametrize(
    ("stored", "found"),
    [(1, 2), (0.5, 0.6), ("a", "b"), (None, 0.0), (-math.inf, 0.0), (True, False), ((1,), (2,))],
)
def test_what_differs_is_named(stored, found):
    compared = agreement("values", [("a", 1, 1), ("here", stored, found)], tolerance=1e-3)
    assert (compared.equal, compared.compared) == (False, 2)
    assert [one.place for one in compared.differences] == ["here"]


def test_numbers_within_the_tolerance_agree_and_the_largest_difference_is_told():
    compared = agreement("values", [("a", 1.0, 1.001), ("b", 1.0, 1.002)], tolerance=0.01)
    assert compared.equal
    assert compared.largest == pytest.approx(0.002)
    assert not agreement("values", [("a", 1.0, 1.001)]).equal


def test_a_difference_is_one_short_sentence():
    (one,) = agreement("texts", [("text", "a" * 500, None)]).differences
    assert str(one) == f"text is '{'a' * 59}..., and null was found"
