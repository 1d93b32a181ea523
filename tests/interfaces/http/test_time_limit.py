"""A run that reaches its time limit has failed, and what it decoded is still there."""

from tempo.domain.errors import NonFiniteLogitsError
from tests.interfaces.http.conftest import serving, slow_engine, until
from tests.interfaces.http.test_faults import Failing
from tests.interfaces.http.test_metrics import metric
from tests.interfaces.http.test_runs import LONG, RUNS, begun, events_of
from tests.interfaces.scripted_engine import FOREVER, scripted_engine


def ended(client, run):
    place = f"{RUNS}/{run['run_id']}"
    assert until(lambda: client.get(place).json()["ended_at"] is not None)
    return client.get(f"{place}?lattice=true").json()


def test_what_was_decoded_until_the_time_limit_is_kept():
    with serving(slow_engine(), run_seconds=0.3) as client:
        run = begun(client, **LONG)
        events = events_of(client, run)
        shown = ended(client, run)
        assert shown["state"] == "failed"
        last = events[-1]
        assert (last["type"], last["code"], last["retryable"]) == ("run.error", "timeout", True)
        assert "0.3 s" in last["message"]
        result = shown["result"]
        decoded = [event for event in events if event["type"] == "step.appended"]
        assert last["step"] == len(result["steps"]) == len(decoded) > 1
        settled = "".join(event["text"] for event in events if event["type"] == "text.settled")
        assert result["clean_text"].startswith(settled)
        assert result["clean_text"]
        assert (result["finish_reason"], result["n_best"]) == ("error", [])
        assert result["lattice"]["format"] == "tempo-lattice"


def test_a_client_that_waits_for_the_answer_is_told_504():
    with serving(slow_engine(), run_seconds=0.1) as client:
        answer = client.post("/generate", json=LONG)
        assert (answer.status_code, answer.json()["error"]["kind"]) == (504, "timeout")
        assert metric(client, 'tempo_errors_total{kind="timeout"}') == 1
        assert metric(client, "tempo_cache_rows") == 0


def test_what_was_decoded_before_the_model_failed_is_kept():
    class FailsLate(Failing):
        error = NonFiniteLogitsError(3)
        passes = 0

        def extend(self, batch):
            FailsLate.passes += 1
            if FailsLate.passes > 3:
                super().extend(batch)
            else:
                super(Failing, self).extend(batch)

    with serving(scripted_engine(FOREVER, backend=FailsLate(FOREVER, 1024))) as client:
        shown = ended(client, begun(client, **{**LONG, "prompt": " a b"}))
        assert shown["state"] == "failed"
        assert len(shown["result"]["steps"]) == shown["events"][-1]["step"] == 4


def test_a_run_that_fails_before_its_first_step_has_no_part():
    class Never(Failing):
        def open(self, prompt, rules):
            raise RuntimeError

    with serving(scripted_engine(FOREVER, backend=Never(FOREVER, 1024))) as client:
        assert ended(client, begun(client, **LONG))["result"] is None
