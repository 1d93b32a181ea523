"""The laws of importance and of eviction, on plain numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.consolidation.eviction import (
    AtRandom,
    ByAttention,
    ByRecency,
    Protection,
)
from tempo.application.studies.consolidation.ledger import Ledger
from tempo.domain.errors import InvalidValueError
from tests.strategies import attention_given, ledgers


def test_importance_by_hand():
    """The second pass's row is new: the first pass's rows give nothing again, and are decayed."""
    ledger = Ledger.empty((0,)).received(np.array([[[1.0, 0.0], [0.75, 0.25]]]), 0.5)
    assert ledger.importance.tolist() == [[0.5 * 1 + 0.75, 0.25]]
    later = ledger.received(np.array([[[0.25, 0.25, 0.5]]]), 0.5)
    assert later.importance.tolist() == [[1.25 / 2 + 0.25, 0.25 / 2 + 0.25, 0.5]]
    assert later.positions.tolist() == [[0, 1, 2]]


@given(attention_given(), st.floats(0.1, 1))
def test_importance_is_the_decayed_sum_of_attention_received(given_attention, decay):
    ledger = Ledger.empty(tuple(range(len(given_attention)))).received(given_attention, decay)
    rows = given_attention.shape[1]
    expected = sum(decay ** (rows - 1 - row) * given_attention[:, row] for row in range(rows))
    np.testing.assert_allclose(ledger.importance, expected, atol=1e-12)


@given(attention_given(), st.floats(0.1, 1), st.data())
def test_rows_that_come_apart_add_up_to_rows_that_come_together(given_attention, decay, data):
    rows = given_attention.shape[1]
    cut = data.draw(st.integers(0, rows))
    empty = Ledger.empty(tuple(range(len(given_attention))))
    apart = empty.received(given_attention[:, :cut, :cut], decay)
    apart = apart.received(given_attention[:, cut:], decay)
    together = empty.received(given_attention, decay)
    np.testing.assert_allclose(apart.importance, together.importance, atol=1e-12)
    assert apart.positions.tolist() == together.positions.tolist()
    assert apart.fed == together.fed


@given(ledgers(), st.sampled_from([ByAttention(), ByRecency(), AtRandom(3)]), st.data())
def test_the_lowest_of_the_unprotected_leave_and_nobody_moves(ledger, eviction, data):
    first = data.draw(st.integers(0, ledger.live))
    recent = data.draw(st.integers(0, ledger.live - first))
    protection = Protection(first, recent)
    count = data.draw(st.integers(0, ledger.live - first - recent))
    leaving = protection.leaving(ledger, eviction, count)
    after = ledger.without(leaving)
    assert (leaving.sum(axis=1) == count).all()
    for document, gone in enumerate(leaving):
        positions = ledger.positions[document]
        assert after.positions[document].tolist() == positions[~gone].tolist()
        newest = positions[len(positions) - recent :]
        assert not set(positions[gone]) & ({*range(first)} | set(newest))
        ranks = eviction.ranks(ledger)[document]
        may = (positions >= first) & ~np.isin(positions, newest)
        if count > 0:
            assert ranks[gone].max() <= ranks[may & ~gone].min(initial=np.inf)
    assert after.fed == ledger.fed


def test_of_equals_the_older_leaves():
    ledger = Ledger((0,), np.array([[0, 3, 5, 9]]), np.array([[1.0, 0.5, 0.5, 0.5]]), 10)
    leaving = Protection(0).leaving(ledger, ByAttention(), 2)
    assert ledger.positions_of(leaving).tolist() == [[3, 5]]
    assert ledger.importance_of(leaving).tolist() == [[0.5, 0.5]]


def test_recency_leaves_a_sliding_window_behind_its_sinks():
    ledger = Ledger((0,), np.arange(6)[None], np.array([[0, 9, 9, 9, 9, 9.0]]), 6)
    leaving = Protection(first=1).leaving(ledger, ByRecency(), 2)
    assert ledger.positions_of(leaving).tolist() == [[1, 2]]


@given(ledgers(documents=3))
def test_random_draws_do_not_depend_on_what_else_is_read(ledger):
    alone = Ledger(ledger.documents[1:2], ledger.positions[1:2], ledger.importance[1:2], ledger.fed)
    together = AtRandom(7).ranks(ledger)[1:2]
    assert AtRandom(7).ranks(alone).tolist() == together.tolist()
    if ledger.live:
        assert AtRandom(8).ranks(alone).tolist() != together.tolist()


def test_a_window_without_room_for_what_is_protected_is_refused():
    Protection(4, 3).require_room(window=9, rows=2)
    with pytest.raises(InvalidValueError) as refused:
        Protection(4, 3).require_room(window=8, rows=2)
    assert str(refused.value) == (
        "window is 8; it must be at least 9: 4 first and 3 recent tokens are protected and 2 are "
        "fed at once, so widen the window, protect fewer or feed fewer"
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Protection(first=-1), "protected first tokens are -1; give 0 or more"),
        (lambda: Protection(recent=-2), "protected recent tokens are -2; give 0 or more"),
        (
            lambda: Protection(1, 1).leaving(_two(), ByRecency(), 1),
            "1 tokens are to leave and 0 are unprotected",
        ),
        (lambda: _two().received(np.ones((1, 1, 2)), 1), "attention is .* 2 live tokens"),
        (lambda: Ledger((0, 1), np.ones((1, 2)), np.ones((1, 2))), "for 2 documents"),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(InvalidValueError, match=said):
        call()


def _two():
    return Ledger((0,), np.array([[0, 1]]), np.array([[1.0, 1.0]]), 2)
