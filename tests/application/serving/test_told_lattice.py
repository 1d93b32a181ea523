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
