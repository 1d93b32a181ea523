import numpy as np
import pytest
from hypothesis import given

from tempo.domain.posteriors import posteriors, terminal_masses
from tests.oracles import complete_paths, passing_shares
from tests.strategies import candidate, lattice_step, lattices


@given(lattices())
def test_law_9_posteriors_equal_enumeration(lattice):
    for step, shares in enumerate(posteriors(lattice.steps)):
        assert shares == pytest.approx(passing_shares(lattice, step), abs=1e-9)


@given(lattices())
def test_posteriors_of_each_step_are_probabilities(lattice):
    for shares in lattice.posteriors():
        assert shares.min() >= 0
        assert shares.sum() == pytest.approx(1)


@given(lattices())
def test_the_terminal_masses_are_the_shares_of_the_paths_that_end_there(lattice):
    forward = terminal_masses(lattice.steps)
    expected = [np.zeros(step.width) for step in lattice.steps]
    for path in complete_paths(lattice):
        expected[len(path.members) - 1][path.members[-1]] += path.share
    for found, masses in zip(forward.terminal, expected, strict=True):
        assert found == pytest.approx(masses, abs=1e-9)
    assert sum(masses.sum() for masses in forward.terminal) == pytest.approx(1)


def test_a_later_step_moves_the_posterior_of_an_earlier_one():
    members = [candidate(0), candidate(1)]
    steps = (
        lattice_step(0, members, np.log([[0.5, 0.5]])),
        lattice_step(1, members, np.log([[0.09, 0.01], [0.45, 0.45]])),
    )
    first, second = posteriors(steps)
    assert first == pytest.approx([0.1, 0.9])
    assert second == pytest.approx([0.54, 0.46])


def test_a_lattice_without_steps_has_no_posteriors():
    assert posteriors(()) == ()
