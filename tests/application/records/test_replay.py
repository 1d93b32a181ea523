"""A record agrees with its own transitions, and no altered answer goes unnoticed."""

import copy
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.records.answers import replayed
from tempo.application.records.record import Provenance, record_of
from tempo.application.records.replay import Replay
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.storage.document_reading import from_json
from tempo.infrastructure.storage.lattice_document import document
from tests.interfaces.scripted_engine import FOREVER, scripted_engine
from tests.strategies import drawn_records, records


def read(data):
    return from_json(json.dumps(data, allow_nan=False).encode())


def differing(record):
    """The places that a replay names."""
    return [difference.place for one in Replay().run(record) for difference in one.differences]


@pytest.mark.no_cover  # others take the same branches, and many examples are many lines to trace
@settings(max_examples=1000)
@given(records())
def test_law_10_a_stored_run_reproduces_its_text_and_scores_exactly(record):
    """Whatever the rules, whether steered, finished or cut short, and through JSON and back."""
    kept = read(document(record))
    found = replayed(kept.lattice, kept.provenance)
    assert document(found) == document(record)
    assert differing(kept) == []


@given(drawn_records())
def test_a_lattice_that_no_run_made_agrees_with_itself(record):
    assert differing(record) == []


@given(records())
def test_stored_answers_are_not_looked_at(record):
    """Without them the replay gives the same."""
    blank = copy.deepcopy(document(record))
    for step in blank["steps"]:
        step["kept_mass"] = step["finished_mass"] = 0.0
        for one in step["candidates"]:
            if one["state"] in {"kept", "finished"}:
                one |= {"weight": 0.0, "score": None, "posterior": None}
    blank |= {"text": "", "best_path": [], "best_paths": [], "finished": False}
    emptied = read(blank)
    assert document(replayed(emptied.lattice, emptied.provenance)) == document(record)


@pytest.fixture(scope="module")
def whole():
    engine = scripted_engine(FOREVER)
    result = engine.generate(" a", max_steps=5, threshold=0.1, max_width=3, stop=" c")
    lattice = result.lattice
    return document(record_of(lattice, lattice.best, lattice.provenance))


def answers(data):
    """Every stored answer: its place, the part that holds it, its key there."""
    for key in ("text", "finished", "finished_mass"):
        yield key, data, key
    for index in range(len(data["best_path"])):
        yield f"best_path[{index}]", data["best_path"], index
    for rank, path in enumerate(data["best_paths"]):
        yield f"best_paths[{rank}].score", path, "score"
        yield f"best_paths[{rank}].finished", path, "finished"
    for number, step in enumerate(data["steps"]):
        for key in ("kept_mass", "finished_mass"):
            yield f"steps[{number}].{key}", step, key
        for index, one in enumerate(step["candidates"]):
            if one["state"] in {"kept", "finished"}:
                for key in ("weight", "score", "posterior", "parent"):
                    if one[key] is not None:
                        yield f"steps[{number}].candidates[{index}].{key}", one, key


def others(value, place):
    """Values that are near to another one and still not it."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, str):
        return [value + " ", value[:-1]]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if "score" in place:
        return [value - 1e-12, value * (1 - 1e-14), value - 1.0]
    return [value - 1e-8, value / 2] if value else [1e-8, 0.5]


def test_every_altered_answer_is_named(whole):
    assert differing(read(whole)) == []
    altered = refused = 0
    for place, _, _ in list(answers(whole)):
        data = copy.deepcopy(whole)
        part, key = next((part, key) for named, part, key in answers(data) if named == place)
        for value in others(part[key], place):
            part[key] = value
            try:
                record = read(data)
            except ValueError:
                refused += 1  # no path, or a parent that is not there
                continue
            assert place in differing(record), (place, value)
            altered += 1
    assert altered > 100
    assert refused < 40


@given(records().filter(lambda record: len(record.lattice)), st.data())
def test_any_altered_score_is_named(record, data):
    kept = document(record)
    places = [entry for entry in answers(kept) if entry[0].endswith("score")]
    place, part, key = data.draw(st.sampled_from(places))
    if part[key] is None:
        return
    part[key] = part[key] - data.draw(st.floats(1e-9, 100))
    assert place in differing(read(kept))


@pytest.mark.parametrize("table", ["transitions", "plain_transitions"])
def test_an_altered_transition_shows_in_what_follows_from_it(whole, table):
    data = copy.deepcopy(whole)
    data["steps"][0][table][0][whole["best_paths"][0]["members"][0]] -= 0.5
    named = differing(read(data))
    of_plain = {one for one in named if one.startswith("best_paths")}
    assert of_plain if table == "plain_transitions" else "steps[0].kept_mass" in named


def test_a_best_path_that_is_missing_or_cut_is_named(whole):
    data = copy.deepcopy(whole)
    data["best_path"] = []
    assert "best_path" in differing(read(data))
    data = copy.deepcopy(whole)
    del data["best_paths"][-1]
    assert differing(read(data)) == ["best_paths"]


def test_a_best_path_that_was_never_known_is_no_difference(whole):
    record = read(whole)
    by_hand = record_of(record.lattice, (), Provenance())
    agreements = {one.what: one for one in Replay().run(by_hand)}
    assert all(one.equal for one in agreements.values())
    assert agreements["best path"].compared == agreements["text"].compared == 0


def test_the_last_digit_of_what_goes_through_exponentials_may_differ(whole):
    data = copy.deepcopy(whole)
    data["steps"][2]["candidates"][0]["weight"] *= 1 - 1e-15
    record = read(data)
    assert differing(record) == []
    (weights,) = [one for one in Replay().run(record) if one.what == "weights"]
    assert 0 < weights.largest < 1e-14


PRUNES = {
    "threshold": 0.02,
    "retroactive_pruning": "attention",
    "comprehensive_pruning": True,
    "pruning_strategy": "diversity",
}
REMOVES = {
    "threshold": 0.02,
    "retroactive_pruning": "posterior",
    "posterior_floor": 0.9,
    "complete_pruning_mode": "remove_position",
}
WEAKENS = PRUNES | {"after_pruning": "recompute"}
AGAIN = PRUNES | {"sigmoid_threshold": False, "after_pruning": "recompute"}


def pruned_document(**given):
    """A run whose last step still has live members."""
    lattice = scripted_engine(FOREVER).generate(" a", max_steps=12, **given).lattice
    assert lattice.decisions
    return document(record_of(lattice, lattice.best, lattice.provenance))


def judged(data, *states):
    """The candidates of some states that a decision is told of."""
    return [
        one
        for step in data["steps"]
        for one in step["candidates"]
        if one["state"] in states and one.get("reason")
    ]


def shown(data):
    """The newest decision that a candidate shows; of a step that left, none does."""
    places = {
        (step["step"], one["token_id"])
        for step in data["steps"]
        for one in step["candidates"]
        if one.get("reason")
    }
    return next(
        one for one in reversed(data["decisions"]) if (one["step"], one["token_id"]) in places
    )


def empty(data):
    data["decisions"] = []


def of_nowhere(data):
    data["decisions"].append(data["decisions"][-1] | {"step": 900, "decided_at": 903})


def too_late(data):
    data["decisions"][-1]["decided_at"] += 100


def effect(data):
    one = shown(data)
    one["effect"] = "pruned" if one["effect"] == "descendant" else "descendant"


def never_kept(data):
    for one in judged(data, "pruned"):
        one["state"] = "below_threshold"


def never_judged(data):
    for one in judged(data, "pruned"):
        one |= {"state": "below_threshold", "reason": None}


def passed_over(data):
    fallen = judged(data, "pruned")[-1]
    fallen["reason"] = "another candidate was chosen"


def seen_otherwise(data):
    judged(data, "kept")[-1]["attention"] = 0.125


def never_weakened(data):
    judged(data, "kept")[-1] |= {"attention": None, "reason": None}


def other_reason(data):
    judged(data, "pruned")[-1]["reason"] += "0"


def other_score(data):
    shown(data)["score"] += 0.25


ALTERED = (empty, of_nowhere, too_late, effect, never_kept, never_judged, passed_over)
ALTERED_WHOLE = (*ALTERED, other_reason, other_score)


@pytest.mark.parametrize(
    ("given", "change"),
    [
        *((PRUNES, change) for change in (*ALTERED_WHOLE, seen_otherwise, never_weakened)),
        *((WEAKENS, change) for change in (*ALTERED, seen_otherwise, never_weakened)),
        *((AGAIN, change) for change in ALTERED),
        *((REMOVES, change) for change in ALTERED_WHOLE if change is not empty),
    ],
)
def test_an_altered_log_of_decisions_is_told(given, change):
    data = pruned_document(**given)
    assert differing(read(data)) == []
    change(data)
    told = {one.what: one.equal for one in Replay().run(read(data))}
    assert not told["decisions"]


def test_a_candidate_that_no_step_considered_is_told():
    data = pruned_document(**PRUNES)
    data["decisions"][0]["token_id"] = 9999
    assert "decisions[0].token_id" in differing(read(data))


@pytest.mark.parametrize(("effects", "told"), [(("weakened", "pruned"), True), ((), False)])
def test_an_effect_that_is_not_the_last_of_its_candidate_is_told(effects, told):
    data = pruned_document(**PRUNES)
    names = [(one["step"], one["token_id"]) for one in data["decisions"]]
    earlier = next(index for index, one in enumerate(names) if one in names[index + 1 :])
    if effects:
        assert data["decisions"][earlier]["effect"] == effects[0]
        data["decisions"][earlier]["effect"] = effects[1]
    assert (f"decisions[{earlier}].effect" in differing(read(data))) is told


def test_a_run_that_pruned_nothing_has_no_decisions_to_compare(whole):
    (told,) = [one for one in Replay().run(read(whole)) if one.what == "decisions"]
    assert (told.equal, told.compared) == (True, 0)


def test_what_a_committed_chain_left_needs_no_decision_of_the_run_that_goes_on():
    engine = scripted_engine(FOREVER)
    first = engine.generate(" a", max_steps=12, **PRUNES).lattice
    live = first.steps[6].token_set.live_indices[0]
    token = first.steps[6].token_set.members[live].token_id
    lattice = engine.resume(first, 6, token).lattice
    record = record_of(lattice, lattice.best, lattice.provenance)
    assert judged(document(record), "pruned")
    assert differing(record) == []


def test_a_session_that_committed_to_a_candidate_agrees_with_itself():
    engine = scripted_engine(FOREVER)
    with engine.session(" a", max_steps=12, **PRUNES) as session:
        for _ in range(8):
            session.step()
        step = session.result.lattice.steps[6]
        session.commit(6, step.token_set.live[-1].token_id)
        for _ in range(5):
            session.step()
        lattice = session.result.lattice
    record = record_of(lattice, lattice.best, lattice.provenance)
    assert judged(document(record), "pruned", "kept")
    assert differing(record) == []


def test_stop_strings_are_part_of_the_text():
    engine = scripted_engine()
    lattice = engine.generate("Once", stop="ark").lattice
    record = record_of(lattice, lattice.best, lattice.provenance)
    assert differing(record) == []
    without = replace(record, provenance=replace(record.provenance, stop=()))
    assert "text" in differing(without)


def test_a_steered_run_promised_nothing_and_a_streamed_one_did():
    """The end (.4) outweighs each going on (.3), but what streamed was `b`, once certain."""
    script = Script.of(
        {"": {"a": 1.0}, "a": {"b": 0.6, END: 0.4}, "b": {"c": 0.5, "d": 0.5}, "c": {"a": 1.0}}
    )
    engine = scripted_engine(script)
    streamed = engine.generate("a", max_steps=2).lattice
    with engine.session("a", max_steps=2) as session:
        session.step()
        session.step()
        steered = session.result.lattice
    for lattice, text in ((streamed, "bc"), (steered, "")):
        record = record_of(lattice, lattice.best, lattice.provenance)
        assert (record.text, differing(record)) == (text, [])
    other = replace(steered.provenance, settled=1)
    assert "text" in differing(record_of(steered, steered.best, other))
