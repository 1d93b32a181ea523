"""One request never changes another: many at once, some cancelled, some wrong, each as offline."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import tempo
from tests.interfaces.http.conftest import until
from tests.interfaces.http.loopback import loopback

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
        assert told["log_probability"] == pytest.approx(text.log_probability, abs=1e-3)
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


def started(store):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "tempo", "serve", "--port", str(port), "--store", store]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            if httpx.get(f"{address}/ready").status_code == 200:
                break
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    return process, address


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_after_a_kill_what_ended_is_whole_and_what_did_not_is_marked(tmp_path):
    store = str(tmp_path / "runs.sqlite3")
    process, address = started(store)
    try:
        with httpx.Client(base_url=address, timeout=60) as client:
            short = {"prompt": "Once upon a time", "max_steps": 3}
            ended = client.post("/api/v1/runs", json=short).json()["run_id"]
            client.get(f"/api/v1/runs/{ended}/events")
            assert until(lambda: client.get(f"/api/v1/runs/{ended}").json()["result"] is not None)
            long = {**short, "max_steps": 200, "stop_on": "all", "min_steps": 190, "detach": True}
            going = [client.post("/api/v1/runs", json=long).json()["run_id"] for _ in range(8)]
            time.sleep(1.0)
            before = client.get(f"/api/v1/runs/{ended}").json()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    process, address = started(store)
    try:
        with httpx.Client(base_url=address, timeout=60) as client:
            assert client.get(f"/api/v1/runs/{ended}").json() == before
            for run in going:
                shown = client.get(f"/api/v1/runs/{run}").json()
                assert shown["state"] == "interrupted"
                numbers = [event["seq"] for event in shown["events"]]
                assert numbers == list(range(len(numbers)))
                assert shown["events"][-1]["code"] == "interrupted"
    finally:
        process.terminate()
        assert process.wait(30) in {0, -15}
