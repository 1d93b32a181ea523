"""Slots that later rows see at a part of their weight (design section 2, the soft rule)."""

import math

import pytest

from tempo.domain.errors import SessionError
from tests.contracts.passes import (
    FIRST,
    PROMPT,
    differ,
    extend,
    fed,
    node,
    opened,
    rows,
)

BOTH = [(5, 0.5), (6, 0.5)]


def forked_road(adapter, session):
    """Feed two siblings and a child that sees both in halves."""
    extend(adapter, session, node(4, 5), node(1, 6))
    extend(adapter, session, node(2, 7, 5, 1, inherits=BOTH), node(9, 8, 6, 1, inherits=BOTH))


def children(**seen):
    return node(3, 9, 7, 2, **seen), node(8, 10, 8, 2, **seen)


def after(adapter, change, **seen):
    """Return the rows after a change to the session."""
    with opened(adapter) as session:
        forked_road(adapter, session)
        change(session)
        return fed(adapter, session, *children(**seen))


def nothing(_session):
    """Leave the session as it is."""


def test_a_factor_of_0_masks_like_a_release(adapter):
    masked = after(adapter, lambda session: session.attenuate([6], [0.0]))
    assert differ(masked, after(adapter, lambda session: session.release([6]))) < 1e-4
    assert differ(masked, after(adapter, nothing)) > 0.01


@pytest.mark.parametrize("factor", [0.0, 0.3, 2.5])
def test_a_factor_multiplies_the_weight_that_views_give(adapter, factor):
    attenuated = after(adapter, lambda session: session.attenuate([6], [factor]))
    named = after(adapter, nothing, weights=[(6, 0.5 * factor)])
    assert differ(attenuated, named) < 1e-4


def test_a_factor_multiplies_a_weight_that_a_node_names_itself(adapter):
    attenuated = after(adapter, lambda s: s.attenuate([6], [0.25]), weights=[(6, 0.8)])
    assert differ(attenuated, after(adapter, nothing, weights=[(6, 0.2)])) < 1e-4


def test_a_factor_of_the_frontier_acts_on_its_own_children(adapter):
    with opened(adapter) as session, opened(adapter) as naming:
        for one in (session, naming):
            extend(adapter, one, node(4, 5), node(1, 6))
        session.attenuate([5], [0.2])
        shares = [(5, 0.2), (6, 1.0)]
        found = fed(adapter, session, node(2, 7, 5, 1, weights=[(5, 1.0), (6, 1.0)]))
        assert differ(found, fed(adapter, naming, node(2, 7, 5, 1, weights=shares))) < 1e-4


def test_a_factor_of_1_is_as_before(adapter):
    def there_and_back(session):
        session.attenuate([5, 6], [0.1, 0.0])
        session.attenuate([6, 5], [1.0, 1.0])

    assert differ(after(adapter, there_and_back), after(adapter, nothing)) == 0.0


def test_a_factor_takes_the_place_of_an_earlier_one(adapter):
    def twice(session):
        session.attenuate([6], [0.5])
        session.attenuate([6], [0.4])

    once = after(adapter, lambda session: session.attenuate([6], [0.4]))
    assert differ(after(adapter, twice), once) == 0.0


def test_factors_of_other_slots_go_on_to_hold(adapter):
    def one_by_one(session):
        session.attenuate([5], [0.5])
        session.attenuate([6], [0.4])

    both = after(adapter, lambda session: session.attenuate([5, 6], [0.5, 0.4]))
    assert differ(after(adapter, one_by_one), both) == 0.0
    assert differ(after(adapter, lambda s: s.attenuate([6], [0.4])), both) > 1e-3


def test_a_factor_holds_for_every_later_row(adapter):
    """Two passes later too; and what a row inherits is not multiplied twice."""
    with opened(adapter) as session, opened(adapter) as naming:
        for one in (session, naming):
            forked_road(adapter, one)
        session.attenuate([6], [0.3])
        extend(adapter, session, *children())
        extend(adapter, naming, *children(weights=[(6, 0.15)]))
        found = fed(adapter, session, node(5, 11, 9, 3))
        assert differ(found, fed(adapter, naming, node(5, 11, 9, 3))) < 1e-4


def test_rows_that_exist_stay_as_they_are(adapter):
    with opened(adapter) as session:
        forked_road(adapter, session)
        before = rows(adapter, session, 2)
        session.attenuate([5, 6, 7], [0.0, 0.5, 3.0])
        assert differ(rows(adapter, session, 2), before) == 0.0
        assert session.cache_rows == len(PROMPT) + 4


def test_a_rewind_brings_back_the_factors_of_the_mark(adapter):
    with opened(adapter) as session:
        forked_road(adapter, session)
        plain = session.mark()
        session.attenuate([6], [0.3])
        fading = session.mark()
        session.attenuate([6], [0.0])
        found = []
        for mark in (fading, plain):
            session.rewind(mark)
            found.append(fed(adapter, session, *children()))
    assert differ(found[0], after(adapter, nothing, weights=[(6, 0.15)])) < 1e-4
    assert differ(found[1], after(adapter, nothing)) < 1e-4


def test_a_fork_starts_with_the_factors_and_goes_its_own_way(adapter):
    with opened(adapter) as session:
        forked_road(adapter, session)
        session.attenuate([6], [0.3])
        with session.fork() as twin, session.fork() as other:
            other.attenuate([6], [0.0])
            session.attenuate([6], [1.0])
            found = [fed(adapter, one, *children()) for one in (session, twin, other)]
    for row, weight in zip(found, (0.5, 0.15, 0.0), strict=True):
        assert differ(row, after(adapter, nothing, weights=[(6, weight)])) < 1e-4


def test_what_takes_an_attenuated_slot_s_place_is_seen_fully(adapter):
    with opened(adapter) as session, opened(adapter) as plain:
        for one in (session, plain):
            extend(adapter, one, node(4, 5), node(1, 6))
        session.attenuate([5], [0.1])
        session.release([5])
        for one in (session, plain):
            extend(adapter, one, node(2, 7, 6, 1), node(9, 8, 6, 1))
        both = [(7, 1.0), (8, 1.0)]
        found = fed(adapter, session, node(3, 9, 7, 2, weights=both))
        assert differ(found, fed(adapter, plain, node(3, 9, 7, 2, weights=both))) < 1e-4


def test_factors_move_along_when_most_rows_leave(adapter):
    """A hundred siblings, of which three stay: cache rows move, factors keep to their slots."""
    kept = (FIRST + 41, FIRST + 73, FIRST + 99)
    weights = [(slot, 1.0) for slot in kept]
    found = []
    for attenuated in (True, False):
        with opened(adapter) as session:
            extend(adapter, session, *(node(1 + i % 9, FIRST + i) for i in range(100)))
            seen = weights
            if attenuated:
                session.attenuate(kept[::-1], [0.6, 1.0, 0.1])
            else:
                seen = [(kept[0], 0.1), (kept[1], 1.0), (kept[2], 0.6)]
            session.release([FIRST + i for i in range(100) if FIRST + i not in kept])
            found.append(fed(adapter, session, node(6, 105, kept[1], 1, weights=seen)))
    assert differ(*found) < 1e-4


BAD = {
    "a slot of the prompt": ([2], [0.5], "not in the cache"),
    "a slot that never was": ([99], [0.5], "not in the cache"),
    "a slot that left": ([6], [0.5], "not in the cache"),
    "a factor below 0": ([5], [-0.1], "at least 0"),
    "a factor that is no number": ([5], [math.nan], "at least 0"),
    "a factor without bounds": ([5], [math.inf], "finite"),
    "a bad slot behind a good one": ([5, 99], [0.0, 0.5], "not in the cache"),
    "a bad factor behind a good one": ([5, 7], [0.0, -1.0], "at least 0"),
    "fewer factors than slots": ([5, 7], [0.0], "2 slots .* 1 factors"),
}


@pytest.mark.parametrize(("slots", "factors", "reason"), BAD.values(), ids=BAD)
def test_an_attenuation_that_cannot_be_is_refused_and_changes_nothing(
    adapter, slots, factors, reason
):
    found = []
    for tried in (True, False):
        with opened(adapter) as session:
            forked_road(adapter, session)
            session.release([6])
            if tried:
                with pytest.raises(SessionError, match=reason):
                    session.attenuate(slots, factors)
            found.append(fed(adapter, session, *children()))
    assert differ(*found) == 0.0
