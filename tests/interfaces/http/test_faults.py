"""What goes wrong in a run stays in that run, and says what it was."""

import json
import threading

from tempo.domain.errors import MemoryExceededError, NonFiniteLogitsError
from tests.interfaces.http.conftest import SlowBackend, serving, until
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

RUNS = "/api/v1/runs"


class Failing(SlowBackend):
    """Fails in every step of a run whose prompt has two tokens."""

    error = RuntimeError("/a/secret/path")

    def extend(self, batch):
        if any(getattr(session, "fails", False) for session, _ in batch):
            raise self.error
        super().extend(batch)

    def open(self, prompt, rules):
        session = super().open(prompt, rules)
        if len(prompt) == 2:
            object.__setattr__(session, "fails", True)
        return session


def failing(error):
    return scripted_engine(
        FOREVER, backend=type("Fails", (Failing,), {"error": error})(FOREVER, 1024)
    )


def test_a_model_that_raises_in_a_step_ends_that_run_alone():
    body = {"max_steps": 40, "stop_on": "all", "min_steps": 30}
    with serving(failing(RuntimeError("/a/secret/path"))) as client:
        answers = {}

        def ask(prompt):
            answers[prompt] = client.post("/generate", json={"prompt": prompt, **body})

        threads = [threading.Thread(target=ask, args=(prompt,)) for prompt in (" a", " a b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert answers[" a"].status_code == 200
        assert answers[" a b"].status_code == 500
        assert "secret" not in answers[" a b"].text
        assert until(lambda: not client.app.state.service.runner.admission.under_way)


def test_a_failed_run_tells_its_listeners_why():
    for error, code in (
        (NonFiniteLogitsError(3), "non_finite_logits"),
        (MemoryExceededError("no room"), "memory_exceeded"),
        (RuntimeError("/a/secret/path"), "internal"),
    ):
        with serving(failing(error)) as client:
            run = client.post(RUNS, json={"prompt": " a b"}).json()
            text = client.get(run["events_url"]).text
            last = json.loads(text.strip().splitlines()[-2].removeprefix("data: "))
            assert (last["type"], last["code"]) == ("run.error", code)
            assert "secret" not in text
            assert client.get(f"{RUNS}/{run['run_id']}").json()["state"] == "failed"
