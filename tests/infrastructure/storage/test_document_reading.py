"""What is no lattice document, or a broken one: one sentence that names the place."""

import copy
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import DocumentError
from tempo.infrastructure.storage import document_checks, document_reading
from tempo.infrastructure.storage.document_reading import from_json
from tempo.infrastructure.storage.lattice_document import document
from tests.interfaces.scripted_engine import FOREVER, scripted_engine
from tests.strategies import records

BROKEN = "the lattice document is broken: "


@pytest.fixture(scope="module")
def whole():
    """A document of four steps, each of several members and others."""
    engine = scripted_engine(FOREVER)
    result = engine.generate(" a", max_steps=4, threshold=0.1, max_width=3, considered=5)
    return document(document_record(result))


def document_record(result):
    from tempo.application.records.record import record_of

    return record_of(result.lattice, result.lattice.best, result.lattice.provenance)


def refusal(content):
    with pytest.raises(DocumentError) as caught:
        from_json(content if isinstance(content, bytes) else json.dumps(content).encode())
    sentence = str(caught.value)
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < 400
    return sentence


def at(data, place):
    """The container of a place such as (steps, 0, cut), and its last key."""
    for key in place[:-1]:
        data = data[key]
    return data, place[-1]


def altered(whole, place, value):
    data = copy.deepcopy(whole)
    container, key = at(data, place)
    container[key] = value
    return data


def spelled(place):
    words = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(words).removeprefix(".")


CANDIDATE = ("steps", 2, "candidates", 1)
OTHER = ("steps", 2, "candidates", -1)
HUGE = 10**400

WRONG = [
    (("model",), []),
    (("model", "fingerprint"), "abc"),
    (("settings",), [1]),
    (("settings", "window"), {"a": 1}),
    (("settings", "window"), [1]),
    (("settings", "window"), float("nan")),
    (("stop",), "stop"),
    (("stop",), [""]),
    (("steered",), 1),
    (("committed",), 1),
    (("committed",), 9),
    (("committed",), -1),
    (("prompt",), 3),
    (("prompt_ids",), []),
    (("prompt_ids",), [-1]),
    (("prompt_ids",), [1.5]),
    (("prompt_ids",), [HUGE]),
    (("text",), None),
    (("best_path",), [0, 0, 0, 0, 0]),
    (("best_path",), [0]),
    (("best_path", 1), 77),
    (("best_path", 1), -1),
    (("finished",), "yes"),
    (("finish_reason",), "tired"),
    (("finished_mass",), 1.5),
    (("best_paths",), {}),
    (("best_paths", 0, "members"), []),
    (("best_paths", 0, "score"), float("inf")),
    (("steps",), {}),
    (("steps",), [5]),
    (("steps", 2, "step"), 7),
    (("steps", 2, "step"), "2"),
    (("steps", 2, "entropy"), -1.0),
    (("steps", 2, "entropy"), float("nan")),
    (("steps", 2, "threshold"), 1.2),
    (("steps", 2, "kept_mass"), -0.1),
    (("steps", 2, "finished_mass"), True),
    (("steps", 2, "cut"), -1),
    (("steps", 2, "cut_mass"), float("inf")),
    (("steps", 2, "near_ties"), 0.5),
    (("steps", 2, "candidates"), []),
    ((*CANDIDATE, "token_id"), HUGE),
    ((*CANDIDATE, "token_id"), -1),
    ((*CANDIDATE, "text"), 3),
    ((*CANDIDATE, "text"), "a" * 100_000),
    ((*CANDIDATE, "bytes"), "???"),
    ((*CANDIDATE, "bytes"), "bm8="),
    ((*CANDIDATE, "probability"), 1.01),
    ((*CANDIDATE, "probability"), -0.01),
    ((*CANDIDATE, "probability"), float("nan")),
    ((*CANDIDATE, "probability"), "0.5"),
    ((*CANDIDATE, "rank"), 0),
    ((*CANDIDATE, "state"), "lost"),
    ((*CANDIDATE, "weight"), 1.5),
    ((*CANDIDATE, "weight"), None),
    ((*CANDIDATE, "score"), 0.5),
    ((*CANDIDATE, "parent"), None),
    ((*CANDIDATE, "parent"), 77),
    ((*CANDIDATE, "parent"), -1),
    ((*CANDIDATE, "posterior"), 2.0),
    (("steps", 0, "candidates", 1, "parent"), 0),
    (("steps", 2, "transitions"), []),
    (("steps", 2, "transitions"), 5),
    (("steps", 2, "transitions", 0), [0.0]),
    (("steps", 2, "transitions", 0, 0), 0.5),
    (("steps", 2, "transitions", 0, 0), "a"),
    (("steps", 2, "transitions", 0, 0), float("nan")),
    (("steps", 2, "plain_transitions", 0, 0), float("-inf")),
]


def test_the_whole_document_can_be_read(whole):
    assert len(from_json(json.dumps(whole).encode()).lattice) == 4


@pytest.mark.parametrize(
    ("place", "value"), WRONG, ids=[f"{spelled(place)}={value!r:.20}" for place, value in WRONG]
)
def test_a_wrong_value_is_refused_by_its_place(whole, place, value):
    assert refusal(altered(whole, place, value)).startswith(f"{BROKEN}{spelled(place)}")


def places(data, place=()):
    """Every key of a document."""
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in entries:
        if isinstance(key, str):
            yield (*place, key)
        if isinstance(value, (dict, list)) and "settings" not in place:
            yield from places(value, (*place, key))


OPTIONAL = {"bytes", "reason", "score", "posterior"}


def test_a_part_that_is_not_there_is_refused_by_its_place(whole):
    missed = 0
    for place in places(whole):
        if place[-1] in OPTIONAL or (place[0] == "settings" and len(place) > 1):
            continue
        data = copy.deepcopy(whole)
        container, key = at(data, place)
        if place[-1] == "parent" and container["parent"] is None:
            continue
        del container[key]
        if place in {("format",), ("version",)}:
            assert f"no {key}" in refusal(data)
        else:
            assert f"{BROKEN}{spelled(place)}" in refusal(data)
        missed += 1
    assert missed > 100


def test_a_probability_may_be_over_one_by_rounding(whole):
    from_json(json.dumps(altered(whole, (*CANDIDATE, "probability"), 1.00005)).encode())


def test_the_sentences_say_value_range_and_place(whole):
    sentence = refusal(altered(whole, (*CANDIDATE, "probability"), 1.5))
    assert sentence == (
        f"{BROKEN}steps[2].candidates[1].probability is 1.5; "
        "it must be less than or equal to 1.0001"
    )
    sentence = refusal(altered(whole, (*CANDIDATE, "token_id"), HUGE))
    assert "token_id is a number of 401 digits; it must be" in sentence
    sentence = refusal(altered(whole, (*CANDIDATE, "text"), "a" * 100_000))
    assert "text is a text of 100,000 characters; it must have at most 65536" in sentence


def test_a_candidate_that_is_no_member_has_no_score(whole):
    assert whole["steps"][2]["candidates"][-1]["state"] != "kept"
    sentence = refusal(altered(whole, (*OTHER, "score"), -1.0))
    assert "score is there, and its state is" in sentence


def test_a_token_stands_in_a_step_once(whole):
    first = whole["steps"][2]["candidates"][0]["token_id"]
    assert "again; a step has a token once" in refusal(
        altered(whole, (*CANDIDATE, "token_id"), first)
    )


def test_a_step_needs_a_member(whole):
    data = copy.deepcopy(whole)
    for one in data["steps"][2]["candidates"]:
        one["state"] = "over_cap"
    assert refusal(data).startswith(f"{BROKEN}steps[2].candidates hold none that is kept")


def test_a_step_needs_a_live_member_before_it(whole):
    data = copy.deepcopy(whole)
    for one in data["steps"][1]["candidates"]:
        if one["state"] == "kept":
            one["state"] = "finished"
    assert refusal(data).startswith(f"{BROKEN}steps[2] follows a step whose members are all")


def test_a_parent_must_be_live(whole):
    data = copy.deepcopy(whole)
    parent = data["steps"][3]["candidates"][0]["parent"]
    members = [one for one in data["steps"][2]["candidates"] if one["state"] == "kept"]
    members[parent]["state"] = "finished"
    for name in ("transitions", "plain_transitions"):
        del data["steps"][3][name][parent]
    sentence = refusal(data)
    assert "parent is" in sentence
    assert "the live members of the step before are" in sentence


def test_a_path_ends_where_a_member_is_finished():
    result = scripted_engine().generate("Once")
    data = document(document_record(result))
    data["steps"][3]["candidates"][0] |= {"state": "finished", "weight": 0.0}
    del data["steps"][4]
    data["settled"] = 0
    for path in (data["best_path"], *(one["members"] for one in data["best_paths"])):
        del path[4:]
    from_json(json.dumps(data).encode())
    data["steps"][2]["candidates"][0] |= {"state": "finished", "weight": 0.0}
    for name in ("transitions", "plain_transitions"):
        del data["steps"][3][name][0]
    data["steps"][3]["candidates"][0]["parent"] = 1
    assert refusal(data).startswith(f"{BROKEN}best_path[2] is a finished member; the path must end")


# Other formats, other versions, no JSON ---------------------------------------------------------


@pytest.mark.parametrize(("version", "told"), [(0, "0"), (2, "2"), ("1", "'1'"), (None, "null")])
def test_another_version_is_refused_before_all_else(whole, version, told):
    assert refusal({**whole, "version": version, "steps": "elsewhere"}) == (
        f"this 'tempo-lattice' document has version {told}; this TEMPO reads version 1: "
        "open it with the TEMPO that wrote it, or a newer one"
    )


def test_another_format_is_refused_before_all_else():
    assert refusal({"format": "beam", "version": 9}) == (
        "this JSON has format 'beam'; expected 'tempo-lattice': "
        "save one with --save-lattice or lattice.save()"
    )
    assert refusal({}).startswith("this JSON has no format; expected 'tempo-lattice'")


@pytest.mark.parametrize("data", [[], [1, 2], "tempo-lattice", 3, None, True])
def test_json_that_is_no_object_is_refused(data):
    assert refusal(data) == "this is no JSON object; expected a 'tempo-lattice' document"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe\x00",
        b"\x89PNG\r\n\x1a\n",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"9" * 100_000 + b"]",
        b'{"format": "\xff"}',
        b'{"format": "\\ud800"}',
        b'\xef\xbb\xbf{"format": 1}',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_json_is_refused(content):
    assert refusal(content).startswith("this is no JSON, or only a part of it: ")


@given(records(), st.floats(0, 1))
def test_a_truncated_document_is_refused(record, share):
    content = json.dumps(document(record)).encode()
    assert refusal(content[: int(share * (len(content) - 1))]).startswith("this is no JSON")


def test_keys_that_this_version_does_not_know_are_left_alone(whole):
    data = altered(whole, (*CANDIDATE, "colour"), "green") | {"author": {"name": "x"}}
    assert len(from_json(json.dumps(data).encode()).lattice) == 4


# Size -------------------------------------------------------------------------------------------


def peak_of(content):
    tracemalloc.start()
    try:
        refusal(content)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("entry", ["0", "{}", '"a"', "null", "[0,0]"])
@pytest.mark.parametrize("place", [("steps",), ("prompt_ids",), ("steps", 2, "transitions")])
def test_a_million_wrong_entries_make_one_complaint(whole, entry, place):
    """Python's own memory stays within a few times what the file has."""
    data = json.dumps(altered(whole, place, ["HERE"]))
    content = data.replace('["HERE"]', "[0.5" + f",{entry}" * 1_000_000 + "]").encode()
    assert peak_of(content) < 100 * 2**20


@pytest.mark.parametrize("known", [("format",), ("format", "version"), ("format", "model")])
def test_a_long_text_is_not_copied_for_each_part_that_is_missing(whole, known):
    """Each of a dozen missing parts would else carry a copy of all that is there."""
    data = {key: whole[key] for key in known} | {"prompt": "a" * 20_000_000}
    data |= {"version": 2} if known == ("format", "version") else {}
    assert peak_of(json.dumps(data).encode()) < 45_000_000


def test_too_many_values_are_refused_before_they_are_read(whole, monkeypatch):
    monkeypatch.setattr(document_reading, "MOST_VALUES", 100)
    sentence = refusal(whole)
    assert sentence.startswith("the lattice document holds about ")
    assert sentence.endswith(" values; at most 100 can be opened")


def test_a_lattice_too_large_to_search_is_refused(whole, monkeypatch):
    monkeypatch.setattr(document_checks, "MOST_CELLS", 20)
    assert refusal(whole).startswith(f"{BROKEN}steps hold 36 cells")
