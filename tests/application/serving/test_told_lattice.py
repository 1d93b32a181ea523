"""The lattice that a run's events tell of is the run's own, as far as going on from it needs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.serving.event_documents import Opening, Telling
from tempo.application.serving.told_lattice import told_lattice
from tempo.domain.commitment import committed_chain
from tempo.domain.errors import ChoiceError, RunStateError
from tempo.domain.tokens import CandidateState
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.clustering import LeaderClustering
from tests.strategies import pruned_requests, requests, scripts

MODEL = {
    "id": "name",
    "family": "llama",
    "revision": "print",
    "tokenizer": "words",
    "dtype": "float32",
    "device": "cpu",
}
OPENING = Opening("run", MODEL, {"max_steps": 4}, "Once")


@given(st.data())
def test_every_chain_is_the_one_of_the_run_itself(data):
    script = data.draw(scripts())
    kind = data.draw(st.sampled_from([requests, pruned_requests]))
    request = data.draw(kind(script))
    tokenizer = ScriptedTokenizer(script)
    run = Generate(ScriptedBackend(script), tokenizer, LeaderClustering()).start(request)
    telling = Telling(OPENING, tokenizer)
    told = [document for event in run.events() for document in telling.of(event)]
    lattice, provenance = told_lattice(json.loads(json.dumps(told)))
    whole = run.outcome().lattice
    assert lattice.prompt_ids == request.prompt_ids
    assert (provenance.prompt, provenance.settings) == ("Once", {"max_steps": 4})
    assert (provenance.model.fingerprint, provenance.model.tokenizer_fingerprint) == (
        "print",
        "words",
    )
    assert [step.step for step in lattice.steps] == [step.step for step in whole.steps]
    for step in whole.steps:
        for candidate in step.candidates:
            assert chain(lattice, step, candidate) == chain(whole, step, candidate)


def chain(lattice, step, candidate):
    if candidate.state is CandidateState.FINISHED:
        with pytest.raises(ChoiceError):
            committed_chain(lattice, step.step, candidate.token_id)
        return None
    try:
        steps = committed_chain(lattice, step.step, candidate.token_id)
    except ValueError:  # nothing before it goes on
        return None
    return [
        (
            one.token_set.members[0].token_id,
            one.token_set.members[0].content,
            round(one.token_set.members[0].probability, 6),
            one.threshold,
            [other.token_id for other in one.others],
        )
        for one in steps
    ]


@pytest.mark.parametrize("told", [[], [{"type": "run.started"}], [{"type": "run.error"}]])
def test_a_run_that_told_no_step_cannot_be_gone_on_from(told):
    with pytest.raises(RunStateError, match="no step"):
        told_lattice(told)


def told_step(number, **fields):
    candidate = {"id": 5, "text": "\ufffd", "bytes": "/w==", "p": 0.5, "rank": 0, "phys": None}
    candidate |= {"parent": 0, "state": "kept", "reason": None, "score": -1.0}
    step = {"step": number, "entropy": 0.1, "threshold": 0.1, "covered": 0.5}
    return step | {"candidates": [candidate]} | fields


def told(*events):
    prompt = {"text": None, "tokens": [{"id": 3}]}
    started = {"type": "run.started", "model": MODEL, "settings": {}, "prompt": prompt}
    return told_lattice([started, *events])[0]


def appended(number):
    return told_step(number, type="step.appended")


def test_bytes_that_are_no_text_are_those_that_were_told():
    assert told(appended(0)).steps[0].candidates[0].content == b"\xff"


def test_what_left_by_pruning_is_not_told_of_any_more():
    """A step that was removed as a whole, and those that going back did not reach again."""
    steps = [appended(number) for number in range(5)]
    pruned = {"type": "candidates.pruned", "removed": [1], "steps": [told_step(2, entropy=0.7)]}
    found = told(*steps, pruned).steps
    assert [(step.step, step.entropy) for step in found] == [(0, 0.1), (2, 0.7)]
