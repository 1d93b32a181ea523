import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.ancestry import Ancestry
from tempo.domain.errors import InvalidValueError
from tests.strategies import forests

windows = st.integers(0, 3)


class EveryChain:
    """The forest with all chains written out, from the newest candidates back."""

    def __init__(self):
        self.steps = []
        self.parent = {}

    def grow(self, slots, parents):
        self.steps.append(list(slots))
        self.parent |= dict(zip(slots, parents, strict=True))

    def chains(self):
        chains = []
        for slot in self.steps[-1]:
            chain = [slot]
            while self.parent[chain[0]] is not None:
                chain.insert(0, self.parent[chain[0]])
            chains.append(chain)
        return chains

    def alive(self):
        return {slot for chain in self.chains() for slot in chain}

    def settled(self):
        shared = 0
        for members in zip(*self.chains(), strict=True):
            if len(set(members)) > 1:
                break
            shared += 1
        return shared


def grow_both(forest):
    """Feed a forest to the ancestry and to the oracle, step by step."""
    ancestry, oracle, next_slot = Ancestry(), EveryChain(), 100
    for parents in forest:
        slots = list(range(next_slot, next_slot + len(parents)))
        next_slot += len(parents)
        named = [None if parent is None else oracle.steps[-1][parent] for parent in parents]
        ancestry.grow(slots, named)
        oracle.grow(slots, named)
        yield ancestry, oracle


@given(forests())
def test_the_settled_steps_are_those_that_all_live_chains_share(forest):
    for ancestry, oracle in grow_both(forest):
        assert ancestry.settled == oracle.settled()


@given(forests())
def test_an_ancestor_is_where_the_chain_leads(forest):
    for ancestry, oracle in grow_both(forest):
        for chain in oracle.chains():
            for hops in range(len(chain)):
                assert ancestry.ancestor(chain[-1], hops) == chain[-1 - hops]


@given(forests(), windows)
def test_release_lets_go_of_exactly_what_no_live_chain_or_soft_step_holds(forest, window):
    released = set()
    for ancestry, oracle in grow_both(forest):
        fresh = ancestry.release(window)
        assert released.isdisjoint(fresh)
        assert len(set(fresh)) == len(fresh)
        released |= set(fresh)
        hard = oracle.steps[: max(0, len(oracle.steps) - 1 - window)]
        assert released == {slot for step in hard for slot in step} - oracle.alive()


@given(forests(), windows)
def test_release_changes_nothing_about_what_is_alive(forest, window):
    for ancestry, oracle in grow_both(forest):
        ancestry.release(window)
        assert ancestry.settled == oracle.settled()
        for chain in oracle.chains():
            assert ancestry.ancestor(chain[-1], len(chain) - 1) == chain[0]


@given(forests())
def test_an_infinite_window_releases_nothing(forest):
    for ancestry, _ in grow_both(forest):
        assert ancestry.release(math.inf) == ()


@given(forests(), windows)
def test_a_step_back_shows_the_slots_that_it_still_holds(forest, window):
    gone = set()
    for ancestry, oracle in grow_both(forest):
        gone |= set(ancestry.release(window))
        for hops, step in enumerate(reversed(oracle.steps)):
            assert ancestry.slots_back(hops) == tuple(slot for slot in step if slot not in gone)
        assert ancestry.slots_back(len(oracle.steps)) == ()


@given(forests(), windows)
def test_a_copy_goes_its_own_way(forest, window):
    *_, (ancestry, oracle) = grow_both(forest)
    twin = ancestry.copy()
    before = [ancestry.slots_back(hops) for hops in range(len(ancestry))]
    for number in (1000, 1001):
        twin.grow([number], [twin.slots_back(0)[0]])
    first = set(twin.release(window))
    assert (len(twin), twin.settled) == (len(ancestry) + 2, len(ancestry) + 2)
    assert [ancestry.slots_back(hops) for hops in range(len(ancestry))] == before
    assert ancestry.settled == oracle.settled()
    assert set(ancestry.copy().release(window)) == set(ancestry.release(window))
    assert first.isdisjoint({1000, 1001})


@pytest.mark.parametrize("parent", [None, 10, 99])
def test_a_parent_stands_in_the_step_before(parent):
    ancestry = Ancestry()
    ancestry.grow([10, 11], [None, None])
    ancestry.grow([12], [11])
    with pytest.raises(InvalidValueError, match=f"slot {parent} is no parent for step 2"):
        ancestry.grow([13], [parent])


def test_the_first_step_has_no_parents():
    with pytest.raises(InvalidValueError, match="slot 5 is no parent for step 0"):
        Ancestry().grow([10], [5])


def test_a_chain_ends_at_the_first_step():
    ancestry = Ancestry()
    ancestry.grow([10], [None])
    with pytest.raises(InvalidValueError, match="slot 10 has no ancestor 1 steps back"):
        ancestry.ancestor(10, 1)


@given(forests(), windows, st.data())
def test_what_is_taken_out_goes_with_its_children_and_leaves_the_rest_as_it_was(
    forest, window, data
):
    """Held against a forest in which it never stood, with release before and after."""
    *_, (ancestry, oracle) = grow_both(forest)
    ancestry.release(window)
    held = [slot for step in oracle.steps for slot in step if ancestry.holds(slot)]
    kept = data.draw(st.sampled_from(oracle.steps[-1]))
    chain = {kept}
    while oracle.parent[min(chain)] is not None:
        chain.add(oracle.parent[min(chain)])
    roots = data.draw(st.lists(st.sampled_from(held), unique=True))
    gone = set(roots) - chain
    for step in oracle.steps:
        gone |= {slot for slot in step if oracle.parent[slot] in gone}
    ancestry.remove([slot for slot in gone if ancestry.holds(slot)])
    for step in oracle.steps:
        step[:] = [slot for slot in step if slot not in gone]
    assert ancestry.settled == oracle.settled()
    alive = oracle.alive()
    assert all(ancestry.holds(slot) for slot in alive)
    assert not any(ancestry.holds(slot) for slot in gone)
    assert set(ancestry.release(0)) == {
        slot for step in oracle.steps[:-1] for slot in step if slot in held and slot not in alive
    }
    for path in oracle.chains():
        assert ancestry.ancestor(path[-1], len(path) - 1) == path[0]


def test_a_parent_does_not_go_without_its_children():
    ancestry = Ancestry()
    ancestry.grow([10, 11], [None, None])
    ancestry.grow([12, 13], [11, 10])
    with pytest.raises(InvalidValueError, match="slot 11 has a child that stays; take out both"):
        ancestry.remove([11])


def test_what_goes_on_from_a_spliced_slot_goes_on_from_its_parent():
    ancestry = Ancestry()
    ancestry.grow([10, 11], [None, None])
    ancestry.grow([12], [10])
    ancestry.grow([13, 14], [12, 12])
    ancestry.splice(12)
    assert (ancestry.ancestor(13, 1), ancestry.ancestor(14, 1)) == (10, 10)
    assert ancestry.slots_back(1) == ()
    assert not ancestry.holds(12)
    assert ancestry.settled == 2
    ancestry.remove([14])
    assert ancestry.settled == 3
    ancestry.grow([15], [13])
    assert ancestry.release(0) == (11,)
    assert ancestry.ancestor(15, 2) == 10


@pytest.mark.parametrize("slot", [10, 13])
def test_only_a_step_of_one_slot_that_others_go_on_from_is_spliced(slot):
    ancestry = Ancestry()
    ancestry.grow([10, 11], [None, None])
    ancestry.grow([12], [10])
    ancestry.grow([13], [12])
    with pytest.raises(InvalidValueError, match=f"slot {slot} is not the only one of its step"):
        ancestry.splice(slot)
