import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from tempo.domain.errors import InvalidValueError
from tempo.domain.k_best import k_best
from tempo.domain.lattice import Lattice
from tempo.domain.paths import Path, path_share, sample_paths
from tempo.domain.tokens import CandidateState
from tests.oracles import complete_paths
from tests.strategies import candidate, lattice_step, lattices, seeds


@given(lattices(), st.integers(1, 120))
def test_k_best_equals_enumeration(lattice, count):
    expected = sorted(complete_paths(lattice), key=lambda path: -path.plain_score)
    found = k_best(lattice.steps, count)
    assert len(found) == min(count, len(expected))
    scores = [path.plain_score for path in expected[:count]]
    assert [path.score for path in found] == pytest.approx(scores)
    by_members = {path.members: path for path in expected}
    assert len({path.members for path in found}) == len(found)
    for path in found:
        assert path.score == pytest.approx(by_members[path.members].plain_score)
        assert path.finished == by_members[path.members].finished


@given(lattices(), st.integers(1, 10))
def test_the_first_of_many_are_the_few(lattice, count):
    assert k_best(lattice.steps, 1000)[:count] == k_best(lattice.steps, count)


def test_of_equal_paths_the_best_to_each_end_come_first():
    members = [candidate(0), candidate(1)]
    even = np.log([[0.5, 0.5], [0.5, 0.5]])
    steps = (lattice_step(0, members, even[:1]), lattice_step(1, members, even))
    assert [path.members for path in k_best(steps, 4)] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_impossible_paths_are_not_among_the_best():
    members = [candidate(0), candidate(1)]
    rows = np.array([[0.0, -np.inf], [-np.inf, 0.0]])
    steps = (lattice_step(0, members, np.log([[0.7, 0.3]])), lattice_step(1, members, rows))
    assert [path.members for path in k_best(steps, 9)] == [(0, 0), (1, 1)]


def test_finished_paths_of_every_length_stand_beside_unfinished_ones():
    live, ended = candidate(0), candidate(1, state=CandidateState.FINISHED)
    steps = (
        lattice_step(0, [live, ended], np.log([[0.5, 0.5]])),
        lattice_step(1, [live, ended], np.log([[0.25, 0.75]])),
    )
    assert k_best(steps, 9) == (
        Path((1,), pytest.approx(np.log(0.5)), finished=True),
        Path((0, 1), pytest.approx(np.log(0.375)), finished=True),
        Path((0, 0), pytest.approx(np.log(0.125)), finished=False),
    )


@given(lattices(max_steps=3, max_width=2))
def test_sampling_draws_only_complete_paths_with_their_own_scores(lattice):
    known = {path.members: path for path in complete_paths(lattice)}
    for path in sample_paths(lattice.steps, 20, np.random.default_rng(0)):
        assert path.score == pytest.approx(known[path.members].plain_score)
        assert path.finished == known[path.members].finished


@given(lattices(max_steps=3, max_width=3))
def test_shares_of_paths_are_those_that_enumeration_gives(lattice):
    paths = complete_paths(lattice)
    shares = [path_share(lattice.steps, path.members) for path in paths]
    assert shares == pytest.approx([path.share for path in paths])
    assert sum(shares) == pytest.approx(1)


def test_no_path_goes_on_from_a_member_that_ended_its_text():
    live, ended = candidate(0), candidate(1, state=CandidateState.FINISHED)
    steps = (
        lattice_step(0, [live, ended], np.log([[0.5, 0.5]])),
        lattice_step(1, [live], np.log([[0.25]])),
    )
    assert path_share(steps, (1, 0)) == 0.0


def test_sampling_frequencies_equal_the_posterior():
    live, ended = candidate(0), candidate(2, state=CandidateState.FINISHED)
    steps = (
        lattice_step(0, [live, candidate(1), ended], np.log([[0.5, 0.2, 0.1]])),
        lattice_step(1, [live, candidate(1), ended], np.log([[0.3, 0.4, 0.1], [0.1, 0.1, 0.7]])),
        lattice_step(2, [live, ended], np.log([[0.6, 0.3], [0.2, 0.7]])),
    )
    paths = complete_paths(Lattice((1,), steps))
    assert sum(path.share for path in paths) == pytest.approx(1)
    drawn = [path.members for path in sample_paths(steps, 4000, np.random.default_rng(7))]
    observed = [drawn.count(path.members) for path in paths]
    expected = [4000 * path.share for path in paths]
    assert sum(observed) == 4000
    assert chisquare(observed, expected).pvalue > 0.001


@given(lattices(), seeds)
def test_equal_seeds_draw_equal_paths(lattice, seed):
    assert lattice.sample_paths(5, seed) == lattice.sample_paths(5, seed)


def test_counts_under_one_and_empty_lattices_are_refused():
    step = lattice_step(0, [candidate(0)], np.zeros((1, 1)))
    with pytest.raises(InvalidValueError, match="0 paths were asked for"):
        k_best((step,), 0)
    with pytest.raises(InvalidValueError, match="0 samples were asked for"):
        sample_paths((step,), 0, np.random.default_rng(0))
    with pytest.raises(InvalidValueError, match="3 samples of 0 steps"):
        sample_paths((), 3, np.random.default_rng(0))


def test_a_lattice_without_steps_has_no_paths():
    assert k_best((), 3) == ()
