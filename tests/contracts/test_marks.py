"""Going back, and going two ways."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.domain.errors import SessionError
from tests.contracts.passes import (
    ATTENTIVE,
    FIRST,
    PROMPT,
    Shadow,
    apart,
    differ,
    extend,
    fed,
    node,
    opened,
    rows,
)


def test_a_rewound_session_shows_the_rows_of_its_mark(adapter):
    with opened(adapter) as session:
        before = fed(adapter, session, node(4, 5), node(1, 6))
        mark = session.mark()
        extend(adapter, session, node(2, 7, 5, 1))
        session.rewind(mark)
        assert differ(rows(adapter, session, 2), before) == 0.0


def test_a_session_can_go_back_to_its_prompt(adapter):
    with opened(adapter) as session:
        before = rows(adapter, session, 1)
        mark = session.mark()
        extend(adapter, session, node(4, 5), node(1, 6))
        session.rewind(mark)
        assert session.cache_rows == len(PROMPT)
        assert differ(rows(adapter, session, 1), before) == 0.0


def test_a_mark_knows_the_next_slot_and_later_slots_may_be_named_again(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        mark = session.mark()
        extend(adapter, session, node(2, 7, 5, 1), node(3, 8, 5, 1))
        session.rewind(mark)
        assert mark.next_slot == 7
        again = fed(adapter, session, node(9, 7, 6, 1))
        assert session.cache_rows == len(PROMPT) + 3
    assert differ(again, apart(adapter, (*PROMPT, 1, 9))) < 1e-4


def test_the_same_nodes_after_a_rewind_give_the_same_rows(adapter):
    later = [node(2, 7, 5, 1), node(9, 8, 6, 1)]
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        mark = session.mark()
        once = fed(adapter, session, *later)
        session.rewind(mark)
        extend(adapter, session, node(8, 7, 6, 1), node(8, 8, 6, 1), node(8, 9, 6, 1))
        session.rewind(mark)
        twice = fed(adapter, session, *later)
    assert differ(once, twice) < 1e-4


def test_a_mark_outlives_releases_of_later_slots(adapter):
    later = [node(2, 7, 5, 1), node(9, 8, 6, 1)]
    with opened(adapter) as session:
        before = fed(adapter, session, node(4, 5), node(1, 6))
        mark = session.mark()
        once = fed(adapter, session, *later)
        session.release([8])
        extend(adapter, session, node(3, 9, 7, 2))
        session.rewind(mark)
        assert differ(rows(adapter, session, 2), before) == 0.0
        assert session.cache_rows == len(PROMPT) + 2
        twice = fed(adapter, session, *later)
    assert differ(once, twice) < 1e-4


def test_a_mark_outlives_a_move_of_all_rows(adapter):
    """Many later slots come and go between mark and rewind, and some free rows lie before it."""
    later = [node(2, 200, 5, 1), node(9, 201, 7, 1)]
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6), node(6, 7))
        session.release([6])
        mark = session.mark()
        once = fed(adapter, session, *later)
        session.rewind(mark)
        extend(adapter, session, *(node(1 + i % 9, 8 + i, 7, 1) for i in range(120)))
        session.release([8 + i for i in range(120) if i != 60])
        moved = fed(adapter, session, node(3, 128, 68, 2))
        session.rewind(mark)
        assert session.cache_rows == len(PROMPT) + 2
        twice = fed(adapter, session, *later)
    assert differ(once, twice) < 1e-4
    assert differ(once, apart(adapter, (*PROMPT, 4, 2), (*PROMPT, 6, 9))) < 1e-4
    assert differ(moved, apart(adapter, (*PROMPT, 6, 1 + 60 % 9, 3))) < 1e-4


def test_marks_nest(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5))
        outer = session.mark()
        extend(adapter, session, node(2, 6, 5, 1))
        inner = session.mark()
        extend(adapter, session, node(9, 7, 6, 2))
        session.rewind(inner)
        deep = fed(adapter, session, node(1, 7, 6, 2))
        session.rewind(outer)
        shallow = fed(adapter, session, node(1, 6, 5, 1))
    assert differ(deep, apart(adapter, (*PROMPT, 4, 2, 1))) < 1e-4
    assert differ(shallow, apart(adapter, (*PROMPT, 4, 1))) < 1e-4


def test_a_mark_expires_when_a_slot_it_holds_is_released(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        mark = session.mark()
        extend(adapter, session, node(2, 7, 5, 1))
        session.release([6])
        with pytest.raises(SessionError, match="expired"):
            session.rewind(mark)
        found = fed(adapter, session, node(9, 8, 7, 2))
    assert differ(found, apart(adapter, (*PROMPT, 4, 2, 9))) < 1e-4


def test_a_mark_taken_after_a_release_stays_good(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        session.release([6])
        mark = session.mark()
        extend(adapter, session, node(2, 7, 5, 1))
        session.rewind(mark)
        found = fed(adapter, session, node(9, 7, 5, 1))
    assert differ(found, apart(adapter, (*PROMPT, 4, 9))) < 1e-4


def test_a_mark_expires_when_the_session_goes_back_behind_it(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5))
        early = session.mark()
        extend(adapter, session, node(2, 6, 5, 1))
        late = session.mark()
        session.rewind(early)
        with pytest.raises(SessionError, match="expired"):
            session.rewind(late)
        found = fed(adapter, session, node(9, 6, 5, 1))
    assert differ(found, apart(adapter, (*PROMPT, 4, 9))) < 1e-4


def test_a_mark_stays_expired_when_its_slots_are_named_again(adapter):
    """The names are the same, the tokens are not: going there would show another text's rows."""
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5))
        early = session.mark()
        extend(adapter, session, node(2, 6, 5, 1))
        late = session.mark()
        session.rewind(early)
        extend(adapter, session, node(9, 6, 5, 1))
        with pytest.raises(SessionError, match="expired"):
            session.rewind(late)
        found = fed(adapter, session, node(1, 7, 6, 2))
    assert differ(found, apart(adapter, (*PROMPT, 4, 9, 1))) < 1e-4


def test_a_fork_has_the_same_rows_and_the_same_size(adapter):
    with opened(adapter) as session:
        before = fed(adapter, session, node(4, 5), node(1, 6))
        with session.fork() as twin:
            assert differ(rows(adapter, twin, 2), before) == 0.0
            assert twin.cache_rows == session.cache_rows


def test_a_fork_and_its_origin_go_their_own_ways(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        with session.fork() as twin:
            session.release([6])
            ours = [fed(adapter, session, node(2, 7, 5, 1))]
            theirs = [fed(adapter, twin, node(9, 7, 6, 1), node(3, 8, 5, 1))]
            ours.append(fed(adapter, session, node(8, 8, 7, 2)))
            theirs.append(fed(adapter, twin, node(6, 9, 7, 2)))
            assert (session.cache_rows, twin.cache_rows) == (8, 10)
    assert differ(ours[0], apart(adapter, (*PROMPT, 4, 2))) < 1e-4
    assert differ(ours[1], apart(adapter, (*PROMPT, 4, 2, 8))) < 1e-4
    assert differ(theirs[0], apart(adapter, (*PROMPT, 1, 9), (*PROMPT, 4, 3))) < 1e-4
    assert differ(theirs[1], apart(adapter, (*PROMPT, 1, 9, 6))) < 1e-4


def test_a_fork_of_a_session_with_free_rows_uses_its_own(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6), node(9, 7))
        session.release([5, 6])
        with session.fork() as twin:
            ours = fed(adapter, session, node(2, 8, 7, 1))
            theirs = fed(adapter, twin, node(3, 8, 7, 1), node(6, 9, 7, 1), node(8, 10, 7, 1))
            deeper = fed(adapter, session, node(5, 9, 8, 2))
    assert differ(ours, apart(adapter, (*PROMPT, 9, 2))) < 1e-4
    assert differ(theirs, apart(adapter, *((*PROMPT, 9, token) for token in (3, 6, 8)))) < 1e-4
    assert differ(deeper, apart(adapter, (*PROMPT, 9, 2, 5))) < 1e-4


def test_a_fork_lives_on_when_its_origin_closes_and_the_other_way_round(adapter):
    session = opened(adapter)
    extend(adapter, session, node(4, 5))
    twin, other = session.fork(), session.fork()
    other.close()
    still = fed(adapter, session, node(2, 6, 5, 1))
    session.close()
    with twin:
        after = fed(adapter, twin, node(9, 6, 5, 1))
    assert differ(still, apart(adapter, (*PROMPT, 4, 2))) < 1e-4
    assert differ(after, apart(adapter, (*PROMPT, 4, 9))) < 1e-4


def test_a_fork_keeps_marks_of_its_own(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        session.release([6])
        with session.fork() as twin:
            mark = twin.mark()
            extend(adapter, twin, node(2, 7, 5, 1))
            session.release([5])
            twin.rewind(mark)
            found = fed(adapter, twin, node(9, 7, 5, 1))
    assert differ(found, apart(adapter, (*PROMPT, 4, 9))) < 1e-4


class Explorer:
    """A session beside its shadow; every verb is spoken to both."""

    def __init__(self, adapter, data):
        self.adapter, self.data = adapter, data
        self.session, self.shadow = opened(adapter, rules=ATTENTIVE), Shadow()
        self.alive, self.depths = set(), {}
        self.marks = []

    def extend(self, width):
        shadow, draw = self.shadow, self.data.draw
        nodes = []
        for index in range(width):
            own = shadow.next_slot + index
            near = [*shadow.views, *(one.slot for one in nodes[:2])]
            parents = draw(st.lists(st.sampled_from(near), max_size=2, unique=True)) if near else []
            known = sorted(self.alive)
            seen = draw(st.lists(st.sampled_from(known), max_size=2, unique=True)) if known else []
            depth = 1 + max((self.depths[parent] for parent in parents), default=-1)
            self.depths[own] = depth
            nodes.append(
                node(
                    draw(st.integers(1, 9)),
                    own,
                    parents[0] if parents else None,
                    depth,
                    inherits=[(parent, 1.0 / len(parents)) for parent in parents],
                    weights=[(slot, draw(st.sampled_from([0.0, 0.4, 1.0]))) for slot in seen],
                )
            )
        extend(self.adapter, self.session, *nodes)
        shadow.extend(nodes)
        self.alive |= {one.slot for one in nodes}

    def agrees(self):
        """Check the last pass's rows, and what each slot, wherever it is now, received of them."""
        count = len(self.shadow.views)
        if count:
            slots = [*range(FIRST), *sorted(self.alive)]
            found = rows(self.adapter, self.session, count)
            given = self.session.received(slots, [1.0 / count] * count)
            expected_rows, expected = self.shadow.recomputed(self.adapter, slots)
            assert differ(found, expected_rows) < 1e-3
            assert differ(given, expected) < 1e-4

    def step(self):
        self.extend(self.data.draw(st.integers(1, 3)))

    def crowd(self):
        """Feed many at once and let most go: caches grow, and then shrink."""
        first = self.shadow.next_slot
        self.extend(60)
        self.let_go(range(first + 1, first + 60))

    def release(self):
        if self.alive:
            chosen = st.lists(st.sampled_from(sorted(self.alive)), min_size=1, unique=True)
            self.let_go(self.data.draw(chosen))

    def attenuate(self):
        if self.alive:
            slots = self.data.draw(
                st.lists(st.sampled_from(sorted(self.alive)), min_size=1, max_size=3, unique=True)
            )
            factors = [self.data.draw(st.sampled_from([0.0, 0.3, 1.0, 2.0])) for _ in slots]
            self.session.attenuate(slots, factors)
            self.shadow.factors |= dict(zip(slots, factors, strict=True))

    def let_go(self, slots):
        self.session.release(list(slots))
        self.shadow.release(set(slots))
        self.alive -= set(slots)
        self.marks = [mark for mark in self.marks if not set(slots) & mark[2]]

    def mark(self):
        self.marks.append((self.session.mark(), self.shadow.copy(), set(self.alive)))

    def rewind(self):
        if self.marks:
            place = self.data.draw(st.integers(0, len(self.marks) - 1))
            del self.marks[place + 1 :]
            mark, shadow, alive = self.marks[place]
            self.session.rewind(mark)
            self.shadow, self.alive = shadow.copy(), set(alive)

    def fork(self):
        twin = self.session.fork()
        self.session.close()
        self.session, self.marks = twin, []


VERBS = ("step", "step", "step", "release", "attenuate", "mark", "rewind", "fork", "crowd")

MOVING = ("step", "crowd", "release", "rewind")
"""Verbs after which rows are others, or lie elsewhere."""


@settings(max_examples=6)
@given(data=st.data())
def test_whatever_the_order_of_verbs_rows_are_what_the_port_says(adapter, data):
    """Each pass equals all nodes fed anew at once, each seeing what it saw when it was born."""
    explorer = Explorer(adapter, data)
    for verb in data.draw(st.lists(st.sampled_from(VERBS), min_size=3, max_size=10)):
        getattr(explorer, verb)()
        assert explorer.session.cache_rows == len(PROMPT) + len(explorer.alive)
        if verb in MOVING:
            explorer.agrees()
    explorer.step()
    explorer.agrees()
    explorer.session.close()
