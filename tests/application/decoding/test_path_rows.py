"""Which rows saw one path alone: in full, in order, and nothing beside it."""

import pytest

from tempo.application.decoding.path_rows import PathRows
from tempo.domain.node import Node, behind


def node(slot, *seen, **weights):
    """A node that goes on from one slot, or from several with their shares, and sees others."""
    inherits = tuple((one, 1.0) if isinstance(one, int) else one for one in seen)
    named = tuple((int(name[1:]), weight) for name, weight in weights.items())
    return Node(0, slot, slot, None, inherits, named)


def after(*passes):
    rows = PathRows()
    for nodes in passes:
        rows.feed(nodes)
    return dict(rows.parents)


FIRST = (node(5), node(6))


def test_siblings_that_do_not_see_each_other_each_follow_the_prompt():
    assert after(FIRST) == {5: None, 6: None}


def test_a_row_that_goes_on_from_one_path_follows_it_whatever_it_is_told_not_to_see():
    found = after(FIRST, (node(7, 6, s6=1.0, s5=0.0), node(8, 5)), (node(9, 7, s8=0.0, s6=1.0),))
    assert found == {5: None, 6: None, 7: 6, 8: 5, 9: 7}


@pytest.mark.parametrize(
    "mixed",
    [
        node(7, 6, s6=0.75, s5=0.25),  # soft weights
        node(7, 6, s5=1.0),  # all that there is
        node(7, (5, 0.5), (6, 0.5)),  # what two rows saw
        node(7, (6, 0.5)),  # what one row saw, at half its weight
        node(7, 6, s6=0.0),  # not even its parent
    ],
)
def test_a_row_that_saw_something_else_follows_nothing_and_neither_does_what_comes_of_it(mixed):
    assert after(FIRST, (mixed, node(8, 5))) == {5: None, 6: None, 8: 5}
    assert 9 not in after(FIRST, (mixed,), (node(9, 7),))


def test_a_row_that_skips_one_of_its_path_follows_nothing():
    assert 8 not in after((node(5),), (node(6, 5),), (node(7, 6),), (node(8, 7, s5=0.0),))


def test_siblings_that_see_each_other_follow_nothing():
    assert after((node(5, s6=1.0), node(6, s5=1.0))) == {}


def test_rows_that_see_a_weakened_one_follow_nothing_and_earlier_ones_stay():
    rows = PathRows()
    rows.feed(FIRST)
    rows.feed((node(7, 6), node(8, 5)))
    rows.dim([6])
    rows.feed((node(9, 7), node(10, 8)))
    assert dict(rows.parents) == {5: None, 6: None, 7: 6, 8: 5, 10: 8}


def test_names_that_are_given_anew_are_those_of_other_rows():
    rows = PathRows()
    rows.feed(FIRST)
    rows.feed((node(7, 6), node(8, 5)))
    rows.forget_from(7)
    rows.feed((node(7, 5),))
    rows.feed((node(9, 7),))
    assert dict(rows.parents) == {5: None, 6: None, 7: 5, 9: 7}


def test_a_path_goes_on_behind_rows_that_were_committed():
    rows = PathRows()
    rows.commit((5, 6, 7))
    rows.feed((behind(node(8), 5, 3),))
    rows.feed((node(9, 8),))
    assert dict(rows.parents) == {5: None, 6: 5, 7: 6, 8: 7, 9: 8}
