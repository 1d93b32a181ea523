"""Steps that join and leave: everything is as if what left had never been there."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.posteriors import posteriors, terminal_masses
from tempo.domain.pruning.departure import Departure
from tempo.domain.superposition import Lineage, path_superposition
from tempo.domain.tokens import CandidateState, Slot
from tempo.domain.trellis import Trellis
from tests.strategies import lattices


def followed(lattice, rule=None):
    """A trellis that took a lattice's steps; live members have slots from 100 on."""
    trellis, slot = Trellis(rule or path_superposition()), 100
    for step in lattice.steps:
        slots = {
            index: Slot(slot + place) for place, index in enumerate(step.token_set.live_indices)
        }
        slot += len(slots)
        members = tuple(
            replace(one, slot=slots.get(index)) for index, one in enumerate(step.token_set.members)
        )
        named = replace(step, token_set=replace(step.token_set, members=members))
        trellis.follow(named, tuple(slots.values()))
    return trellis


def pruned(candidate):
    return replace(
        candidate, state=CandidateState.PRUNED, weight=0.0, score=-math.inf, parent=None, slot=None
    )


@st.composite
def trellises_and_victims(draw):
    """A trellis, and some members that may leave together: of each step another one stays."""
    trellis = followed(draw(lattices(max_steps=5)))
    last = len(trellis.steps) - 1
    live = trellis.steps[last].token_set.live_indices
    leader = live[int(np.argmax(trellis.frontier.scores))] if live else 0
    leading = trellis.chain(last, leader)
    chosen = {}
    for index, step in enumerate(trellis.steps):
        others = [one for one in step.token_set.live_indices if one != leading[index]]
        some = draw(st.lists(st.sampled_from(others), unique=True)) if others else []
        if some:
            chosen[index] = some
    return trellis, chosen


def leave(trellis, chosen):
    departure = Departure.of(trellis.steps, chosen)
    gone = {}
    for index, member in departure.leaving:
        candidate = trellis.steps[index].token_set.members[member]
        gone.setdefault(index, {})[member] = pruned(candidate)
    if gone:
        trellis.remove(gone)
    return departure


def states(trellis):
    return [
        [(one.token_id, one.weight, one.score, one.parent) for one in step.token_set.members]
        for step in trellis.steps
    ]


@given(lattices(max_steps=5))
def test_following_gives_the_forward_weights_and_viterbi_scores_of_the_lattice(lattice):
    trellis = followed(lattice)
    forward = terminal_masses(lattice.steps)
    for step, weights in zip(trellis.steps, forward.weights, strict=True):
        assert [one.weight for one in step.token_set.members] == pytest.approx(weights)
    assert trellis.ending.log_kept == pytest.approx(
        sum(math.log(min(1.0, kept)) for kept in forward.kept)
    )


@given(trellises_and_victims())
def test_what_left_is_gone_as_if_the_lattice_had_never_held_it(drawn):
    """The state after a removal is that of a trellis that follows the smaller lattice."""
    trellis, chosen = drawn
    leave(trellis, chosen)
    again = Trellis(trellis.rule)
    for step in trellis.steps:
        again.follow(step, tuple(one.slot for one in step.token_set.live))
    assert states(again) == states(trellis)
    assert again.frontier.weights.tolist() == trellis.frontier.weights.tolist()
    assert again.frontier.scores.tolist() == trellis.frontier.scores.tolist()
    assert again.ending == trellis.ending


@given(trellises_and_victims())
def test_the_weights_left_are_those_of_the_paths_left(drawn):
    """Enumerated: a path is gone when it passes through what left.

    The mass that a step keeps is taken as whole, so that a finished text keeps its share.
    """
    trellis, chosen = drawn
    before = list(trellis.steps)
    departure = leave(trellis, chosen)
    kept = np.cumprod(terminal_masses(trellis.steps).kept)
    shares = {}
    for path, log_share in paths_of(before):
        if not any(place in departure.leaving for place in enumerate(path)):
            share = math.exp(log_share) / kept[len(path) - 1]
            for index, member in enumerate(path):
                token = before[index].token_set.members[member].token_id
                shares[index, token] = shares.get((index, token), 0.0) + share
    for index, masses in enumerate(posteriors(trellis.steps)):
        tokens = [one.token_id for one in trellis.steps[index].token_set.members]
        enumerated = np.array([shares.get((index, token), 0.0) for token in tokens])
        assert masses == pytest.approx(enumerated / enumerated.sum(), abs=1e-9)


def paths_of(steps):
    """Every path with its log-probability along the transitions."""
    going = [((), None, 0.0)]
    for index, step in enumerate(steps):
        rows = steps[index - 1].token_set.live_indices if index else (None,)
        live = set(step.token_set.live_indices)
        grown = []
        for path, last, score in going:
            for member in range(step.width):
                reached = score + float(step.transitions[rows.index(last), member])
                if member in live:
                    grown.append(((*path, member), member, reached))
                else:
                    yield (*path, member), reached
        going = grown
    yield from ((path, score) for path, _, score in going)


@given(trellises_and_victims())
def test_descendants_go_and_finished_texts_stay_with_all_their_ancestors(drawn):
    trellis, chosen = drawn
    steps = list(trellis.steps)
    departure = Departure.of(steps, chosen)
    for (index, member), root in departure.roots.items():
        chain = trellis.chain(index, member)
        assert chain[root[0]] == root[1]
        assert root[1] in chosen[root[0]]
    for index, step in enumerate(steps):
        for member, one in enumerate(step.token_set.members):
            chain = list(enumerate(trellis.chain(index, member)))
            falls = any(at in chosen.get(number, ()) for number, at in chain)
            assert ((index, member) in departure.roots) == falls
            if one.state is CandidateState.FINISHED:
                assert not departure.leaving & set(chain)
    finished = {
        place
        for index, step in enumerate(steps)
        for member, one in enumerate(step.token_set.members)
        if one.state is CandidateState.FINISHED
        for place in enumerate(trellis.chain(index, member))
    }
    assert departure.leaving == set(departure.roots) - finished
    slots = {steps[i].token_set.members[m].slot for i, m in departure.roots} - {None}
    assert set(departure.slots(steps)) == slots


@given(lattices(max_steps=5), st.data())
def test_a_step_that_left_as_a_whole_leaves_the_paths_their_scores(lattice, data):
    single = [
        index
        for index, step in enumerate(lattice.steps[:-1])
        if step.width == 1 and step.token_set.live_indices
    ]
    if not single:
        return
    index = data.draw(st.sampled_from(single))
    trellis = followed(lattice)
    scores, weights = trellis.frontier.scores, trellis.frontier.weights
    kept = trellis.ending.log_kept
    trellis.splice(index)
    assert [step.step for step in trellis.steps] == [
        step.step for step in lattice.steps if step.step != index
    ]
    assert trellis.frontier.scores == pytest.approx(scores)
    assert trellis.frontier.weights == pytest.approx(weights)
    assert trellis.ending.log_kept == pytest.approx(kept)
    assert trellis.index_of(index) is None
    for place, step in enumerate(trellis.steps):
        assert trellis.index_of(step.step) == place
    assert trellis.next_number == len(lattice.steps)


@given(trellises_and_victims())
def test_a_copy_goes_its_own_way(drawn):
    trellis, chosen = drawn
    kept = trellis.copy()
    before = states(trellis)
    leave(trellis, chosen)
    assert states(kept) == before
    trellis.rewind(kept)
    assert states(trellis) == before


@given(trellises_and_victims())
def test_lineages_are_redone_from_the_step_of_what_left(drawn):
    trellis, chosen = drawn
    soft = Trellis(Lineage(2.0, 2))
    for step in trellis.steps:
        soft.follow(step, tuple(one.slot for one in step.token_set.live))
    leave(soft, chosen)
    held = {one.slot for step in soft.steps for one in step.token_set.live}
    for moment in soft.moments[1:]:
        for step in moment.frontier.lineage:
            assert set(step.slots) <= held
            assert step.weights.sum(axis=1) == pytest.approx(np.ones(len(step.weights)))
