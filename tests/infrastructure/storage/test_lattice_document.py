import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.generate import Generate
from tempo.application.request import GenerationRequest
from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import Lattice
from tempo.domain.tokens import CandidateState, TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tempo.infrastructure.storage.lattice_document import document, from_document
from tests.fakes.tokenizers import ByteTokenizer
from tests.strategies import candidate, contents, lattice_step, lattices, requests, scripts


@st.composite
def decoded_lattices(draw):
    """Lattices of whole runs, over texts or over any bytes."""
    script = draw(scripts())
    request = draw(requests(script))
    size = len(script.vocabulary) - 1
    tokenizer = ScriptedTokenizer(script)
    if draw(st.booleans()):
        tokens = draw(st.lists(contents.filter(bool), min_size=size, max_size=size))
        tokenizer = ByteTokenizer((b"", *tokens))
    return Generate(ScriptedBackend(script), tokenizer).run(request).lattice


def through_json(lattice):
    return from_document(json.loads(json.dumps(document(lattice), allow_nan=False)))


def without_slots(candidates):
    """A slot names a row of a cache that is gone."""
    return [dataclasses.replace(one, slot=None) for one in candidates]


def facts(step):
    """All that a step says, but its tables."""
    tables = {"token_set", "others", "transitions", "plain_transitions"}
    names = {entry.name for entry in dataclasses.fields(step)} - tables
    return {name: getattr(step, name) for name in names}


def assert_equal(found, lattice):
    assert found.prompt_ids == lattice.prompt_ids
    assert len(found) == len(lattice)
    for one, other in zip(found.steps, lattice.steps, strict=True):
        assert without_slots(one.token_set.members) == without_slots(other.token_set.members)
        assert without_slots(one.others) == without_slots(other.others)
        assert facts(one) == facts(other)
        assert np.array_equal(one.transitions, other.transitions)
        assert np.array_equal(one.plain_transitions, other.plain_transitions)


def with_scores(lattice):
    """A member was kept on some path, so that its score is a number."""
    steps = (
        dataclasses.replace(
            step,
            token_set=dataclasses.replace(
                step.token_set,
                members=tuple(
                    dataclasses.replace(member, score=-1.5) for member in step.token_set.members
                ),
            ),
        )
        for step in lattice.steps
    )
    return dataclasses.replace(lattice, steps=tuple(steps))


@given(decoded_lattices() | lattices().map(with_scores))
def test_a_lattice_comes_back_equal(lattice):
    assert_equal(through_json(lattice), lattice)


@given(decoded_lattices())
def test_a_lattice_that_came_back_gives_the_same_paths(lattice):
    """Law 10: text and scores exactly."""
    found = through_json(lattice)
    assert found.k_best(3) == lattice.k_best(3)
    assert found.sample_paths(3, 7) == lattice.sample_paths(3, 7)
    for one, other in zip(found.posteriors(), lattice.posteriors(), strict=True):
        assert one == pytest.approx(other, abs=1e-12)


def test_bytes_that_are_no_text_come_back():
    step = lattice_step(0, [candidate(1, b"\xe2\x82"), candidate(2, b"ok")], np.zeros((1, 2)))
    written = document(Lattice((TokenId(1),), (step,)))
    first, second = written["steps"][0]["candidates"]
    assert (first["text"], first["bytes"]) == ("\ufffd", "4oI=")
    assert "bytes" not in second
    members = from_document(written).steps[0].token_set.members
    assert [member.content for member in members] == [b"\xe2\x82", b"ok"]


def test_an_impossible_transition_is_null_and_comes_back_as_minus_infinity():
    rows = np.array([[-0.5, -np.inf]])
    step = lattice_step(0, [candidate(1), candidate(2)], rows)
    written = document(Lattice((TokenId(1),), (step,)))
    assert written["steps"][0]["transitions"] == [[-0.5, None]]
    assert np.array_equal(from_document(written).steps[0].transitions, rows)


def test_a_pruned_candidate_keeps_its_reason():
    pruned = candidate(2, state=CandidateState.PRUNED, reason="posterior 0.01")
    step = lattice_step(0, [candidate(1, score=-0.5)], np.zeros((1, 1)), others=[pruned])
    found = through_json(Lattice((TokenId(1),), (step,)))
    assert found.steps[0].others[0].reason == "posterior 0.01"
    assert found.steps[0].others[0].state is CandidateState.PRUNED


def test_a_run_without_steps_comes_back():
    assert_equal(through_json(Lattice((TokenId(3),), ())), Lattice((TokenId(3),), ()))


def test_the_document_of_a_small_run_is_this():
    script = Script.of({"": {"a": 1.0}, "a": {" [b": 0.75, END: 0.25}})
    request = GenerationRequest(ScriptedTokenizer(script).encode("a"), max_steps=1)
    outcome = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).run(request)
    rounded = json.loads(
        json.dumps(document(outcome.lattice)), parse_float=lambda x: f"{float(x):.3f}"
    )
    assert rounded == {
        "format": "tempo-lattice",
        "version": 1,
        "prompt_ids": [2],
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
    }


# What is no lattice document --------------------------------------------------------------------


def a_document():
    step = lattice_step(0, [candidate(1), candidate(2)], np.zeros((1, 2)))
    return document(Lattice((TokenId(1),), (step,)))


def refusal(data):
    with pytest.raises(InvalidValueError) as caught:
        from_document(data)
    sentence = str(caught.value)
    assert len(sentence.splitlines()) == 1
    return sentence


def test_another_format_is_refused():
    sentence = refusal(a_document() | {"format": "beam"})
    assert sentence == "this is 'beam' version 1; expected 'tempo-lattice' version 1"


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_is_refused(version):
    sentence = refusal(a_document() | {"version": version})
    expected = "expected 'tempo-lattice' version 1"
    assert sentence == f"this is 'tempo-lattice' version {version!r}; {expected}"


@pytest.mark.parametrize("data", [{}, [], [1, 2], "tempo-lattice", 3, None])
def test_data_that_is_no_document_at_all_is_refused(data):
    assert "tempo-lattice" in refusal(data)


REQUIRED_OF_A_STEP = (
    *("step", "entropy", "threshold", "kept_mass", "finished_mass", "cut", "cut_mass"),
    *("near_ties", "candidates", "transitions", "plain_transitions"),
)


@pytest.mark.parametrize("key", REQUIRED_OF_A_STEP)
def test_a_step_that_lacks_a_part_is_refused_by_name(key):
    data = a_document()
    del data["steps"][0][key]
    assert key in refusal(data)


@pytest.mark.parametrize("key", ["token_id", "text", "probability", "rank", "state"])
def test_a_candidate_that_lacks_a_part_is_refused_by_name(key):
    data = a_document()
    del data["steps"][0]["candidates"][1][key]
    assert key in refusal(data)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("state", "lost"),
        ("probability", 1.5),
        ("text", 3),
        ("bytes", "???"),
        ("rank", 0),
        ("token_id", 1),
    ],
)
def test_a_candidate_that_cannot_be_is_refused(key, value):
    data = a_document()
    data["steps"][0]["candidates"][1][key] = value
    assert "the lattice document is broken" in refusal(data)


@pytest.mark.parametrize(
    "table",
    [[[0.0]], [[0.0, 0.0], [0.0, 0.0]], [[0.0], [0.0, 0.0]], [["a", "b"]], [], 5],
    ids=["narrow", "too many rows", "ragged", "words", "empty", "no table"],
)
def test_a_table_that_does_not_fit_its_step_is_refused(table):
    data = a_document()
    data["steps"][0]["transitions"] = table
    assert "the lattice document is broken" in refusal(data)


@pytest.mark.parametrize("steps", [5, [5], [[]], {"a": 1}, None])
def test_steps_that_are_no_steps_are_refused(steps):
    assert "the lattice document is broken" in refusal(a_document() | {"steps": steps})
