"""Events are as clients were promised: their fields, their order, and what they may not hold."""

import base64
import itertools
import json
from pathlib import Path

import jsonschema
import pytest

from tempo.application.serving.event_documents import Opening, Telling
from tempo.application.serving.interruption import interrupted
from tempo.domain.events import RunStarted
from tempo.interfaces.http.event_schemas import events_schema
from tests.interfaces.http.conftest import serving, slow_engine
from tests.interfaces.http.test_faults import failing
from tests.interfaces.http.test_runs import LONG, begun, events_of

COMMITTED = Path(__file__).parents[3] / "docs" / "events.schema.json"
VALID = jsonschema.Draft202012Validator(events_schema())
PRUNING = {"retroactive_pruning": "posterior", "posterior_floor": 0.45, "pruning_lag": 1}

FIELDS = {
    "run.started": {"run_id", "parent", "model", "settings", "seed", "prompt", "limits"},
    "step.appended": {
        *("step", "pos", "entropy", "primary", "threshold", "covered", "candidates"),
        *("transitions", "chain_changes"),
    },
    "candidates.pruned": {"at_step", "reason", "items", "primary_changes", "chain_changes"},
    "candidates.judged": {"at_step", "scores"},
    "text.settled": {"text", "steps"},
    "run.stats": {"steps", "tok_s", "kv_tokens", "rss_mb"},
    "run.finished": {"reason", "steps", "wall_ms", "text", "digest"},
    "run.error": {"code", "message", "step", "retryable", "request_id"},
}
TERMINAL = {"run.finished", "run.error"}


def test_the_committed_schema_is_that_of_the_models():
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == events_schema(), "run `make schema`"


def check(events):
    for event in events:
        VALID.validate(event)
    assert [event["seq"] for event in events] == list(range(len(events)))
    for event in events:
        assert {"v", "seq", "t_ms", "type"} | FIELDS[event["type"]] <= set(event), event
    assert [event["type"] in TERMINAL for event in events].count(True) == 1
    assert events[-1]["type"] in TERMINAL
    candidates = {}
    for event in events:
        told = event["steps"] if event["type"] == "candidates.pruned" else [event]
        candidates |= {one["step"]: one["candidates"] for one in told if "candidates" in one}
        if event["type"] == "candidates.pruned":
            for item in event["items"]:
                assert candidates[item["step"]][item["index"]]["id"] == item["token_id"]
    return events


@pytest.mark.parametrize("asked", [{}, {**PRUNING, "max_steps": 6}, {"max_steps": 3}])
def test_the_changes_of_the_best_path_add_up_to_the_answers_tokens(client, asked):
    """With the tokens of a fork's beginning, which are told first."""
    run = begun(client, show_token_ids=True, threshold=0.3, **asked)
    events_of(client, run)
    place = f"/api/v1/runs/{run['run_id']}"
    token = client.get(place).json()["result"]["steps"][2]["considered"][1]["token_id"]
    forked = client.post(f"{place}/fork", json={"step": 2, "token_id": token, "max_steps": 5})
    for one in (run, forked.json()):
        candidates, path = {}, {}
        for event in events_of(client, one):
            told = event.get("steps", ()) if event["type"] == "candidates.pruned" else [event]
            candidates |= {
                step["step"]: step["candidates"] for step in told if "candidates" in step
            }
            path |= {change["step"]: change["to"] for change in event.get("chain_changes", ())}
        answer = client.get(f"/api/v1/runs/{one['run_id']}").json()["result"]
        reached = {step: to for step, to in sorted(path.items()) if to is not None}
        tokens = [candidates[step][to]["id"] for step, to in reached.items()]
        assert tokens == answer["best_path_ids"]
        assert candidates[0][0]["weight"] == 1.0


@pytest.mark.parametrize("asked", [{}, {**PRUNING, "max_steps": 6}, {"max_steps": 2}])
def test_a_fork_tells_what_was_promised(client, asked):
    run = begun(client, **asked)
    check(events_of(client, run))
    place = f"/api/v1/runs/{run['run_id']}"
    token = events_of(client, run)[1]["candidates"][0]["id"]
    forked = client.post(f"{place}/fork", json={"step": 0, "token_id": token}).json()
    started, *_ = check(events_of(client, forked))
    assert started["parent"] == {"run_id": run["run_id"], "step": 0, "token_id": token}


def test_the_end_of_a_run_that_was_cut_off_is_an_event_too(client):
    told = events_of(client, begun(client))[:-1]
    for events in (told, []):
        VALID.validate(interrupted(events))


@pytest.mark.parametrize(
    "wrong",
    [
        {"transitions": [[float("nan"), "0"]]},
        {"chain_changes": [{"step": 0}]},
        {"candidates": []},
        {"primary": None},
        {"colour": "red"},
        {"type": "step.prepended"},
    ],
)
def test_what_no_run_tells_is_not_valid(client, wrong):
    (step, *_) = (one for one in events_of(client, begun(client)) if "pos" in one)
    assert VALID.is_valid(step)
    assert not VALID.is_valid(step | wrong)


@pytest.mark.parametrize("asked", [{}, {**PRUNING, "max_steps": 6}, {"max_steps": 2}])
def test_a_run_tells_what_was_promised(client, asked):
    events = check(events_of(client, begun(client, **asked)))
    if asked == {**PRUNING, "max_steps": 6}:
        assert [event["type"] for event in events].count("candidates.pruned") >= 1


def test_what_a_step_covers_is_the_mass_of_all_that_it_shows(client):
    for event in events_of(client, begun(client, threshold=0.5)):
        if event["type"] == "step.appended":
            mass = sum(one["p"] for one in event["candidates"])
            assert event["covered"] == pytest.approx(mass, abs=1e-5)
            assert event["kept_mass"] <= event["covered"] + 1e-6
    assert any(
        event["kept_mass"] < event["covered"] - 0.1
        for event in events_of(client, begun(client, threshold=0.5))
        if event["type"] == "step.appended"
    )


def test_figures_tell_the_memory_that_the_service_holds():
    with serving(slow_engine()) as client:
        events = check(events_of(client, begun(client, **LONG)))
    figures = [event for event in events if event["type"] == "run.stats"]
    assert 10 < figures[0]["rss_mb"] < 100_000
    moments = [event["t_ms"] for event in (events[0], *figures)]
    assert all(later - earlier > 400 for earlier, later in itertools.pairwise(moments))


def test_a_failure_names_the_request_that_asked_for_the_run():
    with serving(failing(RuntimeError("/a/secret/path"))) as client:
        answer = client.post(
            "/api/v1/runs", json={"prompt": " a b"}, headers={"X-Request-ID": "mine-1"}
        )
        events = check(events_of(client, answer.json()))
        assert (events[0]["request_id"], events[-1]["request_id"]) == ("mine-1", "mine-1")


@pytest.mark.parametrize(
    ("place", "more"),
    [("/api/v1/runs", {}), ("/v1/completions", {"model": "scripted", "stream": True})],
)
def test_the_log_has_more_of_a_failure_under_the_requests_name(place, more, service_log):
    with serving(failing(RuntimeError("/a/secret/path"))) as client:
        headers = {"X-Request-ID": "mine-2"}
        answer = client.post(place, json={"prompt": " a b", **more}, headers=headers)
        if place == "/api/v1/runs":
            events_of(client, answer.json())
    (failed,) = service_log("run.failed")
    assert (failed["request_id"], failed["kind"]) == ("mine-2", "internal")
    assert "/a/secret/path" in failed["exception"]


def test_a_token_that_is_no_text_by_itself_carries_its_bytes():
    class Half:
        def content(self, token):
            return bytes([0xF0, token])

    opening = Opening("name", {}, {}, None)
    (started,) = Telling(opening, Half()).of(RunStarted((7,), 1))
    (token,) = started["prompt"]["tokens"]
    assert base64.b64decode(token["bytes"]) == b"\xf0\x07"
