import numpy as np
import pytest
from hypothesis import given

from tempo.domain.errors import ChoiceError
from tempo.domain.lattice import Lattice
from tempo.domain.paths import Path
from tempo.domain.tokens import CandidateState
from tests.strategies import candidate, lattice_step, lattices, with_gaps


def two_steps():
    first = lattice_step(
        0,
        [candidate(0, b" a"), candidate(1, b"", CandidateState.FINISHED), candidate(2, b" b")],
        np.zeros((1, 3)),
    )
    second = lattice_step(
        1,
        [candidate(5, b" c", rank=0, parent=2), candidate(6, b" d", rank=2, parent=0)],
        np.zeros((2, 2)),
        others=[
            candidate(7, b" e", CandidateState.PRUNED, rank=1),
            candidate(8, b" f", CandidateState.BELOW_THRESHOLD, rank=3),
        ],
    )
    return Lattice((4,), (first, second))


def test_a_path_has_tokens_and_bytes():
    path = Path((2, 0), 0.0, finished=False)
    assert two_steps().token_ids(path) == (2, 5)
    assert two_steps().content(path) == b" b c"
    assert two_steps().token_ids(Path((1,), 0.0, finished=True)) == (1,)


def test_a_chain_follows_best_parents_to_the_first_step():
    lattice = two_steps()
    assert lattice.chain(1, 0) == (2, 0)
    assert lattice.chain(1, 1) == (0, 1)
    assert lattice.chain(0, 1) == (1,)


def test_candidates_are_listed_by_rank_whatever_became_of_them():
    first, second = two_steps().steps
    assert [candidate.token_id for candidate in second.candidates] == [5, 7, 6, 8]
    assert [candidate.token_id for candidate in first.candidates] == [0, 1, 2]


def test_a_lattice_counts_its_steps_and_tokens():
    assert (len(two_steps()), two_steps().physical_tokens) == (2, 5)


@given(with_gaps(lattices()))
def test_steps_are_found_by_number_and_those_that_left_are_said_to_have_left(lattice):
    numbers = [step.step for step in lattice.steps]
    assert lattice.decoded == numbers[-1] + 1
    for number in range(lattice.decoded):
        if number in numbers:
            assert lattice.steps[lattice.index_of(number)].step == number
        else:
            with pytest.raises(ChoiceError, match=f"step {number} left the lattice as a whole"):
                lattice.step(number)
    with pytest.raises(ChoiceError, match=f"not in a lattice of {lattice.decoded} steps"):
        lattice.step(lattice.decoded)


@given(lattices())
def test_the_kept_mass_of_a_lattice_is_the_product_of_its_steps(lattice):
    assert lattice.kept_mass == pytest.approx(1.0)
    from dataclasses import replace

    halved = [replace(step, kept_mass=0.5) for step in lattice.steps]
    assert Lattice((1,), tuple(halved)).kept_mass == 0.5 ** len(lattice)


@pytest.mark.parametrize("step", [-1, 2])
def test_a_step_that_is_not_there_is_a_wrong_choice(step):
    with pytest.raises(ChoiceError, match=f"step {step} is not in a lattice of 2 steps"):
        two_steps().step(step)
    with pytest.raises(ChoiceError, match=f"step {step} is not in a lattice of 2 steps"):
        two_steps().chain(step, 0)


@pytest.mark.parametrize("member", [-1, 2])
def test_a_member_that_is_not_there_is_a_wrong_choice(member):
    with pytest.raises(ChoiceError, match=f"step 1 has no member {member}; it has 2"):
        two_steps().chain(1, member)
