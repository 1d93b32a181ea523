import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.lattice import Lattice
from tempo.domain.spelling import unspelled
from tempo.domain.tokens import CandidateState
from tempo.infrastructure.export.steps_csv import steps_csv
from tests.oracles import passing_shares
from tests.strategies import candidate, contents, lattice_step, lattices, with_gaps


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@given(with_gaps(lattices(content=contents, impossible=True)))
def test_every_candidate_is_a_row_with_its_figures(lattice):
    rows = read(steps_csv(lattice))
    candidates = [(step, one) for step in lattice.steps for one in step.candidates]
    for row, (step, one) in zip(rows, candidates, strict=True):
        assert (int(row["step"]), int(row["rank"])) == (step.step, one.rank)
        assert (int(row["token_id"]), row["state"]) == (one.token_id, one.state.value)
        assert unspelled(row["text"]) == one.content
        assert float(row["probability"]) == one.probability
        assert float(row["attention"]) == one.attention
        expected = passing_shares(lattice, lattice.steps.index(step))[
            step.token_set.members.index(one)
        ]
        assert float(row["posterior"]) == pytest.approx(expected, abs=1e-9)


@given(st.floats(0, 1), st.floats(-1e3, 0), contents)
def test_figures_and_tokens_read_back_as_they_were(probability, score, content):
    one = candidate(0, content, probability=probability, score=score, weight=probability)
    (row,) = read(steps_csv(Lattice((1,), (lattice_step(0, [one], np.zeros((1, 1))),))))
    assert (float(row["probability"]), float(row["weight"])) == (probability, probability)
    assert float(row["score"]) == score
    assert unspelled(row["text"]) == content


def table():
    first = lattice_step(
        0,
        [
            candidate(3, b' a,"b"', rank=0, score=-0.5, weight=1.0, attention=0.25),
            candidate(0, b"", CandidateState.FINISHED, rank=2, score=-1.5),
        ],
        np.log([[0.75, 0.25]]),
        others=[candidate(4, b"\n", CandidateState.PRUNED, rank=1, reason="why, now")],
    )
    second = lattice_step(2, [candidate(5, b"c", rank=0, parent=0, score=-1.0)], np.zeros((1, 1)))
    return Lattice((1,), (first, second))


BY_HAND = """\
step,rank,token_id,text,state,reason,probability,posterior,weight,score,parent,attention,best,\
entropy,threshold,kept_mass,finished_mass
0,0,3," a,""b""\",kept,,0.5,0.75,1.0,-0.5,,0.25,1,0.0,0.1,1.0,0.0
0,1,4,\\n,pruned,"why, now",0.5,,,,,,0,0.0,0.1,1.0,0.0
0,2,0,,finished,,0.5,0.25,0.0,-1.5,,1.0,0,0.0,0.1,1.0,0.0
2,0,5,c,kept,,0.5,1.0,0.0,-1.0,0,1.0,1,0.0,0.1,1.0,0.0
"""


def test_a_table_by_hand():
    assert steps_csv(table(), (0, 0)) == BY_HAND.replace("\n", "\r\n")


def test_a_best_path_that_is_not_known_is_left_open():
    assert {row["best"] for row in read(steps_csv(table()))} == {""}


def test_a_best_path_that_ends_early_has_no_later_member():
    assert [row["best"] for row in read(steps_csv(table(), (1,)))] == ["0", "0", "1", "0"]


def test_a_lattice_without_steps_has_a_header_alone():
    assert steps_csv(Lattice((1,), ())).count("\r\n") == 1
