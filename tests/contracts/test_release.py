"""Rows that leave the cache, and the room they leave (design sections 2.7 and 4, law 7)."""

import numpy as np
import pytest

from tests.contracts.passes import (
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


def test_the_cache_holds_the_prompt_and_every_node(adapter):
    with opened(adapter) as session:
        held = [session.cache_rows]
        extend(adapter, session, node(4, 5), node(1, 6), node(9, 7))
        held.append(session.cache_rows)
    assert held == [5, 8]


def test_released_rows_leave_the_cache(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6), node(9, 7))
        session.release([6, 5])
        assert session.cache_rows == 6


def test_rows_that_left_make_room_for_later_ones(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6), node(9, 7))
        session.release([5, 7])
        extend(adapter, session, node(2, 8, 6, 1), node(3, 9, 6, 1), node(8, 10, 6, 1))
        assert session.cache_rows == len(PROMPT) + 4


def test_releasing_nothing_changes_nothing(adapter):
    with opened(adapter) as session:
        before = fed(adapter, session, node(4, 5), node(1, 6))
        session.release([])
        assert session.cache_rows == 7
        assert differ(rows(adapter, session, 2), before) == 0.0


def test_a_release_leaves_the_rows_of_the_last_pass_as_they_are(adapter):
    with opened(adapter) as session:
        before = fed(adapter, session, node(4, 5), node(1, 6))
        session.release([5])
        assert differ(rows(adapter, session, 2), before) == 0.0


def test_releasing_what_no_later_row_sees_changes_no_later_row(adapter):
    """At every step a stray sibling; one run lets go of it at once, the other never does."""
    with opened(adapter) as tidy, opened(adapter) as keeping:
        parent = None
        for depth, (one, stray) in enumerate([(4, 1), (2, 6), (9, 3), (5, 8), (1, 7), (6, 6)]):
            slot = FIRST + 2 * depth
            nodes = [node(one, slot, parent, depth), node(stray, slot + 1, parent, depth)]
            assert differ(fed(adapter, tidy, *nodes), fed(adapter, keeping, *nodes)) < 1e-4
            tidy.release([slot + 1])
            parent = slot
        assert keeping.cache_rows - tidy.cache_rows == 6


def masked_run(adapter, *, released):
    """Rows after slot 6, which two later rows would see, was released or weighed 0."""
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        both = [(5, 0.5), (6, 0.5)]
        extend(adapter, session, node(2, 7, 5, 1, inherits=both), node(9, 8, 6, 1, inherits=both))
        hidden = []
        if released:
            session.release([6])
        elif released is False:
            hidden = [(6, 0.0)]
        third = fed(adapter, session, node(3, 9, 7, 2, weights=hidden), node(8, 10, 8, 2))
        fourth = fed(adapter, session, node(5, 11, 9, 3, weights=hidden))
        return np.concatenate([third[:1], fourth])


def test_a_released_slot_is_masked_from_then_on(adapter):
    released = masked_run(adapter, released=True)
    assert differ(released, masked_run(adapter, released=False)) < 1e-4


def test_a_released_slot_would_have_been_seen_otherwise(adapter):
    """The law above has power: the slot matters to the rows that would see it."""
    released = masked_run(adapter, released=True)
    assert differ(released[:1], masked_run(adapter, released=None)[:1]) > 0.01


def test_a_frontier_slot_that_is_released_is_not_seen_by_its_own_children(adapter):
    with opened(adapter) as session, opened(adapter) as masking:
        for one in (session, masking):
            extend(adapter, one, node(4, 5), node(1, 6))
        session.release([6])
        found = fed(adapter, session, node(2, 7, 6, 1), node(2, 8, 5, 1))
        expected = fed(adapter, masking, node(2, 7, 6, 1, weights=[(6, 0.0)]), node(2, 8, 5, 1))
    assert differ(found, expected) < 1e-4


def test_a_reused_row_holds_nothing_of_the_token_before(adapter):
    """No ghost: what takes a released row's place is seen as itself by those who see it."""
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        session.release([5])
        extend(adapter, session, node(2, 7, 6, 1))
        found = fed(adapter, session, node(9, 8, 7, 2))
    assert differ(found, apart(adapter, (*PROMPT, 1, 2, 9))) < 1e-4


@pytest.mark.parametrize("width", [60, 140], ids=["one doubling", "more than a doubling"])
def test_growing_changes_nothing(adapter, width):
    """The first pass outgrows any small capacity; rows before and after it stay right."""
    tokens = [1 + index % 9 for index in range(width)]
    with opened(adapter) as session:
        siblings = [node(token, FIRST + index) for index, token in enumerate(tokens)]
        found = fed(adapter, session, *siblings)
        last = FIRST + width
        child = fed(adapter, session, node(3, last, FIRST + 1, 1), node(3, last + 1, last - 1, 1))
        assert session.cache_rows == len(PROMPT) + width + 2
    alone = apart(adapter, *((*PROMPT, token) for token in range(1, 10)))
    assert differ(found, alone[[token - 1 for token in tokens]]) < 1e-4
    texts = ((*PROMPT, tokens[1], 3), (*PROMPT, tokens[-1], 3))
    assert differ(child, apart(adapter, *texts)) < 1e-4


def test_growing_step_by_step_changes_nothing(adapter):
    path = [1 + (7 * depth) % 9 for depth in range(150)]
    with opened(adapter) as session:
        for one in chain(path):
            extend(adapter, session, one)
        found = rows(adapter, session, 1)
    assert differ(found[0], adapter.log_probabilities((*PROMPT, *path))) < 1e-3


def crowded(adapter, session):
    """Feed a hundred siblings and a child of three of them; then let go of all others."""
    tokens = [1 + index % 9 for index in range(100)]
    extend(adapter, session, *(node(token, FIRST + i) for i, token in enumerate(tokens)))
    kept = [FIRST + 2, FIRST + 50, FIRST + 98]
    session.release([FIRST + i for i in range(100) if FIRST + i not in kept])
    return kept, [tokens[slot - FIRST] for slot in kept]


def test_letting_go_of_most_rows_changes_no_later_row(adapter):
    """Enough leave that a cache would be made smaller; the few that stay are still themselves."""
    with opened(adapter) as session:
        kept, tokens = crowded(adapter, session)
        assert session.cache_rows == len(PROMPT) + 3
        first = fed(adapter, session, *(node(6, 105 + i, slot, 1) for i, slot in enumerate(kept)))
        second = fed(adapter, session, *(node(8, 108 + i, 105 + i, 2) for i in range(3)))
    assert differ(first, apart(adapter, *((*PROMPT, token, 6) for token in tokens))) < 1e-4
    assert differ(second, apart(adapter, *((*PROMPT, token, 6, 8) for token in tokens))) < 1e-4


def test_letting_go_of_most_rows_again_and_again_changes_no_later_row(adapter):
    """A long run that keeps one path of many; its rows stay those of the path."""
    path, parent, slot = [], None, FIRST
    with opened(adapter) as session:
        for depth in range(8):
            tokens = [1 + (depth + index) % 9 for index in range(40)]
            nodes = [node(token, slot + i, parent, depth) for i, token in enumerate(tokens)]
            found = fed(adapter, session, *nodes)
            chosen = (11 * depth) % 40
            session.release([slot + i for i in range(40) if i != chosen])
            path.append(tokens[chosen])
            parent, slot = slot + chosen, slot + 40
            own = adapter.log_probabilities((*PROMPT, *path))
            assert differ(found[chosen], own) < 1e-4
        assert session.cache_rows == len(PROMPT) + 8


def test_soft_weights_survive_when_most_rows_leave(adapter):
    """A mixed view reaches over rows that move; it equals the same view where nothing moved."""
    with opened(adapter) as session, opened(adapter) as still:
        kept, tokens = crowded(adapter, session)
        extend(adapter, still, *(node(token, FIRST + i) for i, token in enumerate(tokens)))
        shares = (0.5, 0.3, 0.2)
        mixed = [(slot, share) for slot, share in zip(kept, shares, strict=True)]
        unmoved = [(FIRST + i, share) for i, share in enumerate(shares)]
        found = fed(adapter, session, node(6, 105, kept[0], 1, inherits=mixed, weights=mixed))
        expected = fed(adapter, still, node(6, 8, FIRST, 1, inherits=unmoved, weights=unmoved))
    assert differ(found, expected) < 1e-4
