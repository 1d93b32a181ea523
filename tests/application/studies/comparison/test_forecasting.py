import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.comparison.calibration import Forecasts, calibration
from tempo.application.studies.comparison.forecasting import (
    MEMBERS,
    member_forecasts,
    path_forecasts,
)
from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import Lattice
from tests.oracles import complete_paths, passing_shares
from tests.strategies import candidate, lattice_step, lattices


@given(lattices(), st.integers(1, 5))
def test_members_are_forecast_by_their_shares_of_the_lattice_cut_there(lattice, depth):
    cut = Lattice(lattice.prompt_ids, lattice.steps[:depth])
    expected = [
        share
        for number, step in enumerate(cut.steps)
        if step.width > 1
        for share in passing_shares(cut, number)
    ]
    found = member_forecasts(lattice, depth)
    assert [one.probability for one in found] == pytest.approx(expected, abs=1e-9)
    assert all(len(one.given) == len(cut) for one in found)


@given(lattices())
def test_paths_are_forecast_by_the_product_of_their_transitions(lattice):
    paths = lattice.k_best(20)
    shares = {path.members: path.share for path in complete_paths(lattice)}
    found = path_forecasts(lattice, paths)
    assert sum(one.probability for one in found) <= 1.0 + 1e-9
    if all(step.token_set.live_indices == tuple(range(step.width)) for step in lattice.steps):
        whole = [one.probability / lattice_mass(lattice) for one in found]
        assert whole == pytest.approx([shares[path.members] for path in paths], abs=1e-9)


def lattice_mass(lattice):
    masses = np.ones(1)
    for step in lattice.steps:
        masses = masses @ np.exp(step.transitions)
    return masses.sum()


def drawn(steps, rng):
    """A text that the steps' transitions write; minus one where it leaves them."""
    row, text = 0, []
    for step in steps:
        chances = np.exp(step.transitions[row])
        row = int(rng.choice(step.width + 1, p=[*chances, max(0.0, 1 - chances.sum())]))
        if row == step.width:
            return (*text, -1)
        text.append(step.token_set.members[row].token_id)
    return tuple(text)


def test_texts_that_the_transitions_write_are_as_frequent_as_forecast():
    """And those of a model that takes the second token more often are not."""
    members = [candidate(0), candidate(1)]
    steps = (
        lattice_step(0, members, np.log([[0.6, 0.3]])),
        lattice_step(1, members, np.log([[0.5, 0.2], [0.1, 0.9]])),
    )
    other = (lattice_step(0, members, np.log([[0.1, 0.8]])), steps[1])
    lattice = Lattice((1,), steps)
    rng = np.random.default_rng(1)
    for forecasts in (member_forecasts(lattice, 2), path_forecasts(lattice, lattice.k_best(4))):
        holds = [
            Forecasts(forecasts, tuple(drawn(steps, rng) for _ in range(40))) for _ in range(20)
        ]
        fails = [
            Forecasts(forecasts, tuple(drawn(other, rng) for _ in range(40))) for _ in range(20)
        ]
        good, bad = (calibration(MEMBERS, found, 1) for found in (holds, fails))
        assert good.error.value < 2 * good.chance
        assert bad.error.low > 3 * bad.chance


def test_the_best_path_is_one_token_a_step():
    members = [candidate(0), candidate(1)]
    steps = (
        lattice_step(0, members, np.log([[0.6, 0.3]])),
        lattice_step(1, members, np.log([[0.5, 0.2], [0.1, 0.9]])),
    )
    lattice = Lattice((1,), steps)
    best, *_ = path_forecasts(lattice, lattice.k_best(4))
    assert best.probability == pytest.approx(0.3)
    assert best.token_sets == (frozenset({0}), frozenset({0}))


def test_what_is_no_beginning_is_refused():
    members = [candidate(0), candidate(1)]
    gap = Lattice((1,), (lattice_step(1, members, np.log([[0.6, 0.3]])),))
    with pytest.raises(InvalidValueError, match="a step left this lattice as a whole"):
        member_forecasts(gap, 1)
    with pytest.raises(InvalidValueError, match="forecasts of 0 steps were asked for"):
        member_forecasts(gap, 0)
