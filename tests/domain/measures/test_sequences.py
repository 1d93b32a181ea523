import math

import numpy as np
import pytest
from hypothesis import given

from tempo.domain.errors import ChoiceError
from tempo.domain.lattice import Lattice
from tempo.domain.tokens import CandidateState
from tests.oracles import complete_paths, passing_shares, prefixes
from tests.strategies import candidate, lattice_step, lattices

EMPTY = Lattice((1,), ())


def steps_of(lattice):
    return range(len(lattice))


@given(lattices(impossible=True))
def test_the_expected_length_is_the_mean_over_all_paths(lattice):
    expected = sum(path.share * len(path.members) for path in complete_paths(lattice))
    assert lattice.expected_length() == pytest.approx(expected)


@given(lattices(impossible=True))
def test_the_sequence_entropy_is_that_of_all_paths_written_down(lattice):
    shares = [path.share for path in complete_paths(lattice) if path.share > 0]
    expected = -sum(share * math.log(share) for share in shares)
    assert lattice.sequence_entropy() == pytest.approx(expected, abs=1e-9)


@given(lattices(impossible=True))
def test_the_finished_mass_is_the_share_of_the_finished_paths(lattice):
    expected = sum(path.share for path in complete_paths(lattice) if path.finished)
    assert lattice.finished_mass == pytest.approx(expected, abs=1e-9)


@given(lattices(max_steps=3, impossible=True))
def test_agreement_is_how_often_two_paths_written_down_hold_the_same_member(lattice):
    agreement = lattice.agreement()
    for step in steps_of(lattice):
        through = [path for path in complete_paths(lattice) if len(path.members) > step]
        total = sum(path.share for path in through)
        same = sum(
            one.share * other.share
            for one in through
            for other in through
            if one.members[step] == other.members[step]
        )
        assert agreement.steps[step] == pytest.approx(same / total**2)
    assert agreement.mean == pytest.approx(np.mean(agreement.steps))


@given(lattices(impossible=True))
def test_forward_weights_are_the_shares_of_the_live_prefixes(lattice):
    for length, weights in enumerate(lattice.forward_weights(), start=1):
        live = lattice.steps[length - 1].token_set.live_indices
        expected = np.zeros(lattice.steps[length - 1].width)
        for members, probability, _ in prefixes(lattice, length):
            if members[-1] in live:
                expected[members[-1]] += probability
        if live:
            expected /= expected.sum()
        assert weights == pytest.approx(expected)


@given(lattices(impossible=True))
def test_parent_posteriors_are_the_shares_of_the_prefixes_that_come_that_way(lattice):
    for step in steps_of(lattice):
        rows = lattice.steps[step - 1].token_set.live_indices if step else (None,)
        expected = np.zeros((len(rows), lattice.steps[step].width))
        for members, probability, _ in prefixes(lattice, step + 1):
            expected[rows.index(members[-2] if step else None), members[-1]] += probability
        assert lattice.parent_posteriors(step) == pytest.approx(expected / expected.sum(axis=0))


@given(lattices(impossible=True))
def test_the_posterior_of_a_step_is_its_members_shares_largest_first(lattice):
    for step in steps_of(lattice):
        found = lattice.posterior(step)
        assert {share.token_id: share.posterior for share in found} == pytest.approx(
            dict(enumerate(passing_shares(lattice, step).tolist())), abs=1e-9
        )
        posteriors = [share.posterior for share in found]
        assert posteriors == sorted(posteriors, reverse=True)


def test_equal_posteriors_are_ordered_by_rank():
    members = [candidate(4, rank=0), candidate(2, rank=1), candidate(3, rank=2)]
    lattice = Lattice((1,), (lattice_step(0, members, np.log([[0.25, 0.5, 0.25]])),))
    assert [share.token_id for share in lattice.posterior(0)] == [2, 4, 3]


def test_a_step_shows_its_tokens_and_all_that_was_considered():
    park = candidate(5, b" park", rank=0)
    step = lattice_step(
        0,
        [park, candidate(6, b"\xe2", rank=2)],
        np.log([[0.6, 0.2]]),
        others=[candidate(7, b" a", CandidateState.PRUNED, rank=1, reason="why")],
    )
    lattice = Lattice((1,), (step,))
    shown = [(share.token_id, share.text, share.content) for share in lattice.posterior(0)]
    assert shown == [(5, " park", b" park"), (6, "\ufffd", b"\xe2")]
    considered = [(one.token_id, one.state, one.reason) for one in lattice.alternatives(0)]
    assert considered == [
        (5, CandidateState.KEPT, None),
        (7, CandidateState.PRUNED, "why"),
        (6, CandidateState.KEPT, None),
    ]


def test_one_path_is_certain():
    steps = [lattice_step(number, [candidate(0)], np.log([[0.3]])) for number in range(5)]
    lattice = Lattice((1,), tuple(steps))
    assert (lattice.sequence_entropy(), lattice.expected_length()) == (0.0, 5.0)
    assert lattice.agreement().mean == 1.0
    assert lattice.finished_mass == 0.0


def test_a_lattice_without_steps_holds_one_empty_path():
    assert (EMPTY.sequence_entropy(), EMPTY.expected_length(), EMPTY.finished_mass) == (0, 0, 0)
    assert (EMPTY.agreement().steps, EMPTY.agreement().mean) == ((), 1.0)
    assert (EMPTY.forward_weights(), EMPTY.confusion_network()) == ((), ())


@pytest.mark.parametrize("asked", ["posterior", "alternatives", "parent_posteriors"])
@pytest.mark.parametrize("step", [-1, 0])
def test_a_step_that_is_not_there_is_a_wrong_choice(asked, step):
    with pytest.raises(ChoiceError, match=f"step {step} is not in a lattice of 0 steps"):
        getattr(EMPTY, asked)(step)
