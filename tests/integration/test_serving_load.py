"""One request never changes another: many at once, some cancelled, some wrong, each as offline."""

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import tempo
from tests.integration.served import Served, served
from tests.interfaces.http.conftest import until
from tests.interfaces.http.loopback import loopback

RUNS = "/api/v1/runs"
PROMPTS = ("Once upon a time", "The little fox", "Lily and her grandmother walked", "A big dog")
BODIES = [
    {"prompt": prompt, "max_steps": steps, "max_width": width, "selection_threshold": threshold}
    for prompt in PROMPTS
    for steps, width, threshold in ((6, 4, 0.1), (14, 8, 0.05), (10, 1, 0.3))
]


@pytest.fixture(scope="module")
def offline():
    engine = tempo.load(check=False)
    found = []
    for body in BODIES:
        settings = {name: value for name, value in body.items() if name != "prompt"}
        result = engine.generate(body["prompt"], **settings)
        found.append((result, result.n_best(3)))
    return engine, found


def check(answer, expected):
    result, texts = expected
    assert answer["clean_text"] == result.text
    assert answer["generated_text"] == result.bracketed
    for told, text in zip(answer["n_best"], texts, strict=True):
        assert told["token_ids"] == list(text.token_ids)
        assert told["log_probability"] == pytest.approx(text.log_probability, abs=1e-4)
    for told, step in zip(answer["steps"], result.lattice.steps, strict=True):
        ids = [one["token_id"] for one in told["kept"]]
        assert ids == [one.token_id for one in step.token_set.members]


def test_each_of_many_answers_is_the_one_given_alone(offline):
    engine, expected = offline
    order = random.Random(3).sample([*range(len(BODIES))] * 3, 3 * len(BODIES))
    with loopback(engine, max_concurrent_runs=8) as (address, app), httpx.Client() as client:

        def one(turn):
            number, url = order[turn], f"{address}/generate"
            if turn % 10 == 1:
                return number, client.post(url, json={"prompt": "x", "max_steps": 0})
            if turn % 10 == 2:
                try:
                    return number, client.post(url, json=BODIES[number], timeout=0.05)
                except httpx.TimeoutException:
                    return number, None
            return number, client.post(url, json={**BODIES[number], "n_best": 3}, timeout=120)

        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(one, range(len(order))))
        for turn, (number, answer) in enumerate(answers):
            if answer is None or turn % 10 == 2:
                continue
            if turn % 10 == 1:
                assert answer.status_code == 422
            else:
                assert answer.status_code == 200, answer.text
                check(answer.json(), expected[number])
        admission = app.state.service.runner.admission
        assert until(lambda: not admission.under_way)
        assert (admission.rows, admission.waiting) == (0, 0)


def told(events):
    """What a run told, checked: numbers without gaps, one last event, at the end."""
    assert [event["seq"] for event in events] == list(range(len(events)))
    last = [event["type"] for event in events if event["type"] in {"run.finished", "run.error"}]
    assert len(last) <= 1
    return events


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_after_a_kill_what_ended_is_whole_and_what_did_not_is_marked(tmp_path):
    store = str(tmp_path / "runs.sqlite3")
    long = {"prompt": "Once upon a time", "stop_on": "all", "detach": True}
    asked = [{**long, "max_steps": 4}] * 5
    asked += [{**long, "max_steps": 200, "min_steps": 190, "max_width": 8}] * 20
    service = Served("--store", store)
    try:
        assert service.is_ready(), service.lines
        with httpx.Client(base_url=service.address, timeout=60) as client:
            names = [client.post(RUNS, json=one).json()["run_id"] for one in asked]
            assert until(
                lambda: all(shown(client, name)["result"] is not None for name in names[:5])
            )
            assert until(
                lambda: all(len(shown(client, name)["events"]) > 9 for name in names[5:]), 60
            )
            before = {name: shown(client, name) for name in names}
    finally:
        service.process.send_signal(signal.SIGKILL)
        service.ended()
    ended = [name for name in names if before[name]["result"] is not None]
    cut = [name for name in names if before[name]["result"] is None]
    assert len(ended) >= 5
    assert len(cut) == 20, "a run of 200 steps was over before the kill"
    with served("--store", store) as again, httpx.Client(base_url=again.address) as client:
        assert again.told("runs.interrupted")[0]["runs"] == 20
        for name in ended:
            assert shown(client, name) == before[name]
        for name in cut:
            after = shown(client, name)
            assert after["state"] == "interrupted"
            events = told(after["events"])
            assert events[-1]["code"] == "interrupted"
            assert events[-1]["step"] >= 1
            both = min(len(events) - 1, len(before[name]["events"]))
            assert both >= 5
            assert events[:both] == before[name]["events"][:both]
            stream = client.get(f"{RUNS}/{name}/events").text
            assert stream.count("\nid: ") + stream.startswith("id: ") == len(events)
        listed = client.get(RUNS).json()["runs"]
        assert {one["run_id"] for one in listed} == set(names)


def shown(client, name):
    return client.get(f"{RUNS}/{name}").json()
