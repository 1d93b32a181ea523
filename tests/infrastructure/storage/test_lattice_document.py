import dataclasses
import json
from pathlib import Path

import jsonschema
import numpy as np
from hypothesis import given

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.records.record import Provenance, record_of
from tempo.domain.lattice import Lattice
from tempo.domain.model_identity import ModelIdentity
from tempo.domain.stopping import FinishReason
from tempo.domain.tokens import CandidateState, TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tempo.infrastructure.storage.document_models import json_schema
from tempo.infrastructure.storage.document_reading import from_json
from tempo.infrastructure.storage.lattice_document import document
from tests.strategies import candidate, drawn_records, lattice_step, records

SCHEMA = Path(__file__).parents[3] / "docs" / "lattice.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def through_json(record):
    return from_json(json.dumps(document(record), allow_nan=False).encode())


def without_slots(candidates):
    """A slot names a row of a cache that is gone."""
    return [dataclasses.replace(one, slot=None) for one in candidates]


def facts(part):
    """All that a part says, but its tables and what it is made of."""
    apart = {"token_set", "others", "transitions", "plain_transitions", "lattice"}
    names = {entry.name for entry in dataclasses.fields(part)} - apart
    return {name: getattr(part, name) for name in names}


def assert_equal(found, record):
    assert facts(found) == facts(record)
    assert found.lattice.prompt_ids == record.lattice.prompt_ids
    for one, other in zip(found.lattice.steps, record.lattice.steps, strict=True):
        assert without_slots(one.token_set.members) == without_slots(other.token_set.members)
        assert without_slots(one.others) == without_slots(other.others)
        assert facts(one) == facts(other)
        assert np.array_equal(one.transitions, other.transitions)
        assert np.array_equal(one.plain_transitions, other.plain_transitions)


@given(records() | drawn_records())
def test_a_record_comes_back_equal(record):
    assert_equal(through_json(record), record)


@given(records() | drawn_records())
def test_every_document_is_valid_under_the_schema(record):
    VALIDATOR.validate(json.loads(json.dumps(document(record), allow_nan=False)))


def test_the_schema_in_the_documentation_is_that_of_the_models():
    """To write it anew: make schema."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


@given(records())
def test_a_lattice_that_came_back_gives_the_same_paths(record):
    found, lattice = through_json(record).lattice, record.lattice
    assert found.k_best(3) == lattice.k_best(3)
    assert found.sample_paths(3, 7) == lattice.sample_paths(3, 7)
    for one, other in zip(found.posteriors(), lattice.posteriors(), strict=True):
        assert np.array_equal(one, other)


def test_bytes_that_are_no_text_come_back():
    step = lattice_step(0, [candidate(1, b"\xe2\x82"), candidate(2, b"ok")], np.zeros((1, 2)))
    record = record_of(Lattice((TokenId(1),), (step,)))
    first, second = document(record)["steps"][0]["candidates"]
    assert (first["text"], first["bytes"]) == ("\ufffd", "4oI=")
    assert "bytes" not in second
    members = through_json(record).lattice.steps[0].token_set.members
    assert [member.content for member in members] == [b"\xe2\x82", b"ok"]


def test_what_is_minus_infinity_is_null_and_comes_back():
    rows = np.array([[-0.5, -np.inf]])
    members = [candidate(1, score=-0.5), candidate(2, score=-np.inf, posterior=float("nan"))]
    record = record_of(Lattice((TokenId(1),), (lattice_step(0, members, rows),)))
    (written,) = document(record)["steps"]
    assert written["transitions"] == [[-0.5, None]]
    assert [one["score"] for one in written["candidates"]] == [-0.5, None]
    (found,) = through_json(record).lattice.steps
    assert np.array_equal(found.transitions, rows)
    assert found.token_set.members[1].score == -np.inf
    assert found.token_set.members[1].posterior is None


def test_a_pruned_candidate_keeps_its_reason():
    pruned = candidate(2, state=CandidateState.PRUNED, reason="posterior 0.01")
    step = lattice_step(0, [candidate(1)], np.zeros((1, 1)), others=[pruned])
    (found,) = through_json(record_of(Lattice((TokenId(1),), (step,)))).lattice.steps
    assert found.others[0].reason == "posterior 0.01"
    assert found.others[0].state is CandidateState.PRUNED


def test_a_run_without_steps_comes_back():
    record = record_of(Lattice((TokenId(3),), ()))
    assert_equal(through_json(record), record)


MODEL = ModelIdentity("tiny", "script", "a" * 64, "b" * 64, "float64", "cpu")


def test_the_document_of_a_small_run_is_this():
    script = Script.of({"": {"a": 1.0}, "a": {" [b": 0.75, END: 0.25}})
    request = GenerationRequest(ScriptedTokenizer(script).encode("a"), max_steps=1)
    outcome = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).run(request)
    known = Provenance("a", {"max_steps": 1, "stop": []}, (), MODEL, FinishReason.MAX_STEPS)
    record = record_of(outcome.lattice, outcome.best, known)
    rounded = json.loads(json.dumps(document(record)), parse_float=lambda x: f"{float(x):.3f}")
    assert rounded == {
        "format": "tempo-lattice",
        "version": 1,
        "model": {
            "name": "tiny",
            "family": "script",
            "fingerprint": "a" * 64,
            "tokenizer_fingerprint": "b" * 64,
            "dtype": "float64",
            "device": "cpu",
        },
        "settings": {"max_steps": 1, "stop": []},
        "stop": [],
        "steered": False,
        "committed": 0,
        "settled": 0,
        "prompt": "a",
        "prompt_ids": [2],
        "text": " [b",
        "best_path": [0],
        "finished": False,
        "finish_reason": "max_steps",
        "finished_mass": "0.250",
        "best_paths": [
            {"members": [0], "score": "-0.288", "finished": False},
            {"members": [1], "score": "-1.386", "finished": True},
        ],
        "steps": [
            {
                "step": 0,
                "entropy": "0.562",
                "threshold": "0.100",
                "kept_mass": "1.000",
                "finished_mass": "0.250",
                "cut": 0,
                "cut_mass": "0.000",
                "near_ties": 0,
                "candidates": [
                    {
                        "token_id": 1,
                        "text": " [b",
                        "probability": "0.750",
                        "rank": 0,
                        "state": "kept",
                        "weight": "1.000",
                        "score": "-0.288",
                        "parent": None,
                        "posterior": "0.750",
                    },
                    {
                        "token_id": 0,
                        "text": "",
                        "probability": "0.250",
                        "rank": 1,
                        "state": "finished",
                        "weight": "0.000",
                        "score": "-1.386",
                        "parent": None,
                        "posterior": "0.250",
                    },
                ],
                "transitions": [["-0.288", "-1.386"]],
                "plain_transitions": [["-0.288", "-1.386"]],
            }
        ],
        "decisions": [],
    }
