"""What stands between a run and its backend changes nothing that the run can see."""

from dataclasses import replace

import numpy as np
import pytest

from tempo.application.decoding.run import DecodingRun
from tempo.application.studies.fidelity.decoding import RecordingBackend, decode
from tempo.application.studies.fidelity.rule import read_rule
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import Wrapped
from tests.oracles import every_path

SCRIPT = Script.random(7, tokens=12, order=2)
START = (TokenId(2), TokenId(5))
END = (TokenId(0),)
REQUEST = read_rule("superposition=uniform").request(START, END, 0.08, 4, 4)


@pytest.fixture
def recorder():
    backend = ScriptedBackend(SCRIPT)
    return RecordingBackend(backend, backend.open(START, RowRules()))


def test_a_run_is_answered_as_by_the_backend_behind(recorder):
    reading = Reading(weights=(1.0,), considered=3, log_threshold=np.log(0.1), barred=END)
    with recorder.open(START, RowRules()) as session:
        (found,) = recorder.propose([(session, reading)])
    backend = ScriptedBackend(SCRIPT)
    (expected,) = backend.propose([(backend.open(START, RowRules()), reading)])
    assert found.token_ids == expected.token_ids
    assert found.rows.shape == found.plain_rows.shape == (1, 3)
    assert (found.rows == expected.rows).all()
    assert (found.plain_rows == expected.plain_rows).all()
    assert (found.passing, found.entropy) == (expected.passing, expected.entropy)


def test_a_recorded_readout_is_a_distribution_without_the_barred_tokens(recorder):
    decoded = decode(recorder, ScriptedTokenizer(SCRIPT), REQUEST)
    assert len(decoded.readouts) == len(decoded.sets) == 3
    for readout in decoded.readouts:
        assert np.exp(readout).sum() == pytest.approx(1.0, abs=1e-12)
        assert readout[0] == -np.inf


def test_the_rounding_of_an_adapter_does_not_leave_a_readout_that_sums_to_more_than_one():
    class Rounding(Wrapped):
        def propose(self, batch):
            return [
                replace(one, log_probabilities=one.log_probabilities + 1e-6)
                for one in super().propose(batch)
            ]

    backend = Rounding(ScriptedBackend(SCRIPT))
    recorder = RecordingBackend(backend, backend.open(START, RowRules()))
    for readout in decode(recorder, ScriptedTokenizer(SCRIPT), REQUEST).readouts:
        assert np.exp(readout).sum() == pytest.approx(1.0, abs=1e-12)


def test_sets_masses_and_path_scores_are_those_of_a_run_of_its_own(recorder):
    tokenizer = ScriptedTokenizer(SCRIPT)
    decoded = decode(recorder, tokenizer, REQUEST)
    run = DecodingRun(ScriptedBackend(SCRIPT), tokenizer, REQUEST)
    for _ in range(4):
        run.advance()
    steps = run.steps[:3]
    assert decoded.sets == tuple(
        tuple(member.token_id for member in step.token_set.members) for step in steps
    )
    assert decoded.kept == pytest.approx([step.kept_mass for step in steps])
    for depth in (1, 2, 3):
        scores = [
            score for _, score in every_path([one.plain_transitions for one in steps[:depth]])
        ]
        assert decoded.path_scores(depth) == pytest.approx(scores)
        assert decoded.paths(depth) == len(scores)
