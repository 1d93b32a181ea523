"""Branching off: the prompt and some later rows alone, in a session of its own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.domain.errors import SessionError
from tests.contracts.passes import (
    ATTENTIVE,
    FIRST,
    PROMPT,
    apart,
    chain,
    differ,
    extend,
    fed,
    node,
    opened,
    rows,
)


def on(token, slot, seen, depth):
    """A node behind slots of a branch, each seen in full."""
    return node(token, slot, depth=depth, weights=[(one, 1.0) for one in seen])


def test_a_branch_stands_behind_the_prompt_alone(adapter):
    with opened(adapter) as session:
        before, mark = rows(adapter, session, 1), session.mark()
        extend(adapter, session, node(4, 5), node(1, 6))
        with session.branch(mark, []) as own:
            assert own.cache_rows == len(PROMPT)
            assert differ(rows(adapter, own, 1), before) == 0.0
            assert differ(fed(adapter, own, node(9, 5)), apart(adapter, (*PROMPT, 9))) < 1e-4


def test_rows_of_a_path_are_gone_on_from_under_new_names(adapter):
    """Beside them stand two siblings, and a compaction moved all of them."""
    with opened(adapter) as session:
        mark = session.mark()
        extend(adapter, session, node(4, 5), node(1, 6))
        extend(adapter, session, node(2, 7, 6, 1), node(3, 8, 5, 1))
        extend(adapter, session, *(node(1 + i % 7, 9 + i, 8, 2) for i in range(120)))
        session.release([5, *(9 + i for i in range(119))])
        with session.branch(mark, [6, 7]) as own:
            assert own.cache_rows == len(PROMPT) + 2
            found = fed(adapter, own, on(9, 7, [5, 6], 2))
            later = fed(adapter, own, node(8, 8, 7, 3))
    assert differ(found, apart(adapter, (*PROMPT, 1, 2, 9))) < 1e-4
    assert differ(later, apart(adapter, (*PROMPT, 1, 2, 9, 8))) < 1e-4


def test_a_branch_and_its_origin_go_their_own_ways(adapter):
    session = opened(adapter)
    mark = session.mark()
    extend(adapter, session, node(4, 5))
    own = session.branch(mark, [5])
    extend(adapter, own, on(9, 6, [5], 1))
    found = fed(adapter, session, node(2, 6, 5, 1))
    session.close()
    with own:
        still = fed(adapter, own, node(3, 7, 6, 2))
    assert differ(found, apart(adapter, (*PROMPT, 4, 2))) < 1e-4
    assert differ(still, apart(adapter, (*PROMPT, 4, 9, 3))) < 1e-4


def test_a_branch_of_a_branch_takes_what_it_needs_of_it(adapter):
    with opened(adapter) as session:
        mark = session.mark()
        extend(adapter, session, node(4, 5), node(1, 6))
        extend(adapter, session, node(2, 7, 6, 1))
        with session.branch(mark, [5, 6, 7]) as first:
            beginning = first.mark()
            with first.branch(beginning, [6, 7]) as own:
                found = fed(adapter, own, on(9, 7, [5, 6], 2))
            again = fed(adapter, first, on(9, 8, [5], 1))
    assert differ(found, apart(adapter, (*PROMPT, 1, 2, 9))) < 1e-4
    assert differ(again, apart(adapter, (*PROMPT, 4, 9))) < 1e-4


def test_a_branch_forgets_the_factors_of_its_origin(adapter):
    with opened(adapter) as session:
        mark = session.mark()
        extend(adapter, session, node(4, 5))
        session.attenuate([5], [0.25])
        with session.branch(mark, [5]) as own:
            found = fed(adapter, own, on(9, 6, [5], 1))
    assert differ(found, apart(adapter, (*PROMPT, 4, 9))) < 1e-4


def test_a_branch_marks_goes_back_and_releases(adapter):
    with opened(adapter) as session:
        mark = session.mark()
        extend(adapter, session, node(4, 5), node(1, 6))
        with session.branch(mark, [5, 6]) as own:
            beginning = own.mark()
            extend(adapter, own, on(9, 7, [5], 1))
            own.rewind(beginning)
            assert own.cache_rows == len(PROMPT) + 2
            own.release([5])
            found = fed(adapter, own, on(3, 7, [6], 1))
    assert differ(found, apart(adapter, (*PROMPT, 1, 3))) < 1e-4


def test_what_the_prompt_attended_to_is_told_by_a_branch_too(adapter):
    with opened(adapter, rules=ATTENTIVE) as session:
        before, mark = session.received(range(FIRST), [1.0]), session.mark()
        extend(adapter, session, node(4, 5), node(1, 6))
        with session.branch(mark, [6]) as own:
            assert differ(own.received(range(FIRST), [1.0]), before) < 1e-6


@settings(max_examples=15)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=90), st.data())
def test_any_part_of_a_path_is_gone_on_from(adapter, path, data):
    held = data.draw(st.integers(0, len(path)), "rows held")
    with opened(adapter) as session:
        mark = session.mark()
        extend(adapter, session, *chain(path))
        with session.branch(mark, range(FIRST, FIRST + held)) as own:
            seen = range(FIRST, FIRST + held)
            found = fed(adapter, own, on(8, FIRST + held, seen, held))
    assert differ(found, apart(adapter, (*PROMPT, *path[:held], 8))) < 1e-4


@pytest.mark.parametrize("slots", [[1], [9], [5, 5]])
def test_what_is_not_in_the_cache_cannot_be_taken_along(adapter, slots):
    with opened(adapter) as session:
        mark = session.mark()
        extend(adapter, session, node(4, 5))
        with pytest.raises(SessionError, match="not in the cache"):
            session.branch(mark, slots)


def test_a_branch_needs_the_mark_of_the_prompt(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5))
        with pytest.raises(SessionError, match="mark of the prompt"):
            session.branch(session.mark(), [])
