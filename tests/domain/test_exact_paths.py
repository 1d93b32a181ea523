"""Which scores of a lattice are exact, against every path written down."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.exact_paths import Histories, chains_first
from tempo.domain.lattice import Lattice
from tempo.domain.paths import Path
from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.tokens import CandidateState, LogicalStep, TokenId, TokenSet
from tests.oracles import complete_paths
from tests.strategies import candidate, lattice_step, lattices


@st.composite
def chained(draw):
    """Lattices whose rows saw chains; any live member before may be a member's best parent."""
    lattice = draw(lattices())
    steps, live = [], None
    for step in lattice.steps:
        parents = st.none() if live is None else st.sampled_from(live)
        members = tuple(replace(one, parent=draw(parents)) for one in step.token_set.members)
        steps.append(replace(step, token_set=TokenSet(step.step, members)))
        live = step.token_set.live_indices
    return replace(lattice, steps=tuple(steps), histories=Histories.CHAINS)


def chain_before_end(lattice, members):
    """The best chain that ends where a path stands before its last step."""
    return lattice.chain(len(members) - 2, members[-2]) if len(members) > 1 else ()


@given(chained())
def test_a_path_is_exact_where_all_before_its_end_is_a_best_chain(lattice):
    for path in complete_paths(lattice):
        found = lattice.exact_score(path.members)
        if chain_before_end(lattice, path.members) == path.members[:-1]:
            assert found == pytest.approx(path.plain_score)
        else:
            assert found is None


@given(chained())
def test_the_exact_chains_are_those_of_enumeration_best_first(lattice):
    expected = {
        path.members: (pytest.approx(path.plain_score), path.finished)
        for path in complete_paths(lattice)
        if lattice.chain(len(path.members) - 1, path.members[-1]) == path.members
    }
    found = lattice.exact_chains()
    assert {path.members: (path.score, path.finished) for path in found} == expected
    assert len(found) == len(expected)
    assert [path.score for path in found] == sorted((path.score for path in found), reverse=True)
    assert [path.score for path in found] == [lattice.exact_score(path.members) for path in found]


@given(chained(), st.integers(1, 90))
def test_exact_chains_come_first_and_then_all_other_paths_by_score(lattice, count):
    chains, found = lattice.exact_chains(), lattice.best_paths(count)
    assert found[: len(chains)] == chains[:count]
    others = [path for path in lattice.k_best(1000) if path.members not in _members(chains)]
    assert _members(found[len(chains) :]) == _members(others[: max(0, count - len(chains))])
    assert lattice.best_paths(1000)[:count] == found


def _members(paths):
    return [path.members for path in paths]


def test_the_end_of_a_path_may_leave_the_best_chain_and_no_earlier_step():
    first = [candidate(0), candidate(1)]
    middle = [candidate(0, parent=0), candidate(1, parent=0, state=CandidateState.FINISHED)]
    even = np.log([[0.5, 0.5], [0.25, 0.75]])
    steps = (
        lattice_step(0, first, np.log([[0.5, 0.5]])),
        lattice_step(1, middle, even),
        lattice_step(2, [candidate(0, parent=0)], np.zeros((1, 1))),
    )
    lattice = replace(_any_lattice(), steps=steps, histories=Histories.CHAINS)
    assert lattice.exact_chains() == (
        Path((0, 1), pytest.approx(np.log(0.25)), finished=True),
        Path((0, 0, 0), pytest.approx(np.log(0.25)), finished=False),
    )
    assert lattice.exact_score((1, 1)) == pytest.approx(np.log(0.375))
    assert lattice.exact_score((1, 0, 0)) is None
    assert [path.members for path in lattice.k_best(1)] == [(1, 1)]
    assert [path.members for path in lattice.best_paths(3)] == [(0, 1), (0, 0, 0), (1, 1)]


def test_an_impossible_chain_is_none():
    members = [candidate(0), candidate(1)]
    steps = (lattice_step(0, members, np.array([[0.0, -np.inf]])),)
    lattice = replace(_any_lattice(), steps=steps, histories=Histories.CHAINS)
    assert lattice.exact_chains() == (Path((0,), 0.0, finished=False),)


def test_a_path_through_a_member_that_ended_is_not_exact():
    ended = candidate(0, state=CandidateState.FINISHED)
    steps = (
        lattice_step(0, [ended, candidate(1)], np.log([[0.5, 0.5]])),
        lattice_step(1, [candidate(0, parent=1)], np.zeros((1, 1))),
    )
    lattice = replace(_any_lattice(), steps=steps, histories=Histories.CHAINS)
    assert lattice.exact_score((0, 0)) is None


@given(chained(), st.integers(1, 9))
def test_where_rows_saw_several_hypotheses_no_score_is_exact(lattice, count):
    mixed = replace(lattice, histories=Histories.MIXED)
    assert mixed.exact_chains() == ()
    assert {mixed.exact_score(path.members) for path in complete_paths(mixed)} == {None}
    assert mixed.best_paths(count) == mixed.k_best(count)


@pytest.mark.parametrize(
    ("effect", "exact"),
    [
        (Effect.DROPPED, True),
        (Effect.PRUNED, True),
        (Effect.DESCENDANT, True),
        (Effect.WEAKENED, False),
        (Effect.UNATTENDED, False),
        (Effect.POSITION_REMOVED, False),
    ],
)
def test_a_token_that_rows_see_less_of_ends_exactness(effect, exact):
    place = (LogicalStep(0), TokenId(3))
    decision = PruningDecision(*place, "rule", 0.1, 0.2, LogicalStep(1), effect, mass=0.1)
    lattice = replace(_any_lattice(), histories=Histories.CHAINS, decisions=(decision,))
    assert bool(lattice.exact_chains()) is exact


def test_fewer_than_one_path_is_refused():
    with pytest.raises(InvalidValueError, match="0 paths were asked for"):
        chains_first(_any_lattice().steps, 0)


def test_a_lattice_without_steps_has_no_chains():
    assert chains_first((), 3) == ()


def _any_lattice():
    return Lattice((TokenId(1),), (lattice_step(0, [candidate(0)], np.zeros((1, 1))),))
