import numpy as np
import pytest
from hypothesis import given

from tempo.domain.lattice import Lattice
from tempo.domain.tokens import CandidateState
from tests.oracles import passing_everything
from tests.strategies import candidate, lattice_step, lattices


@given(lattices(impossible=True))
def test_a_position_holds_what_all_paths_hold_there_ended_ones_as_epsilon(lattice):
    network = lattice.confusion_network()
    assert [position.step for position in network] == list(range(len(lattice)))
    for position in network:
        expected = passing_everything(lattice, position.step)
        found = {share.token_id: share.posterior for share in position.alternatives}
        ended = found.pop(None, 0.0)
        assert found == pytest.approx(dict(enumerate(expected.tolist())), abs=1e-9)
        assert ended == position.ended == pytest.approx(1 - expected.sum(), abs=1e-9)


@given(lattices(impossible=True))
def test_an_epsilon_stands_last_and_only_where_paths_have_ended(lattice):
    ended = False
    for step, position in zip(lattice.steps, lattice.confusion_network(), strict=True):
        assert [share.is_epsilon for share in position.alternatives] == (
            [False] * step.width + [True] * ended
        )
        ended = ended or len(step.token_set.live) < step.width


def test_a_sausage_of_two_texts():
    steps = (
        lattice_step(
            0,
            [
                candidate(3, b" park", rank=0),
                candidate(0, b"", CandidateState.FINISHED, rank=1),
            ],
            np.log([[0.25, 0.75]]),
        ),
        lattice_step(1, [candidate(4, b"."), candidate(5, b"!")], np.log([[0.2, 0.8]])),
    )
    shown = [
        [(share.token_id, share.text, round(share.posterior, 9)) for share in one.alternatives]
        for one in Lattice((1,), steps).confusion_network()
    ]
    assert shown == [
        [(0, "", 0.75), (3, " park", 0.25)],
        [(5, "!", 0.2), (4, ".", 0.05), (None, "", 0.75)],
    ]
