"""Forks: of runs that ended, go on, or were cut off; from what was left, or by a prefill."""

import pytest

from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState
from tempo.infrastructure.serving.sqlite_run_store import SqliteRunStore
from tests.interfaces.http.conftest import serving, slow_engine, until
from tests.interfaces.http.test_metrics import metric
from tests.interfaces.http.test_runs import LONG, RUNS, begun
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

WIDE = {"prompt": " a", "max_steps": 8, "threshold": 0.0, "max_width": 3, "superposition": "path"}
WIDE |= {"stop_on": "all", "min_steps": 8}


def shown(client, run, **asked):
    return client.get(f"{RUNS}/{run['run_id']}", params=asked).json()


def ended(client, **asked):
    """A run that has ended and left what it leaves, with its answer."""
    run = begun(client, **asked)
    assert until(lambda: shown(client, run)["result"] is not None)
    return shown(client, run, lattice=True)


def asked_fork(client, run, step, token, **more):
    body = {"step": step, "token_id": token, **more}
    return client.post(f"{RUNS}/{run['run_id']}/fork", json=body)


def fork(client, run, step, token, **more):
    answer = asked_fork(client, run, step, token, **more)
    assert answer.status_code == 202, answer.text
    child = answer.json()
    assert until(lambda: shown(client, child)["result"] is not None)
    return shown(client, child, lattice=True)


def steps_of(run):
    """What was decoded, without the names of rows."""
    return [
        [
            (one["token_id"], one["state"], pytest.approx(one["probability"], abs=1e-5))
            for one in step["considered"]
        ]
        for step in run["result"]["steps"]
    ]


def test_a_fork_goes_on_from_a_token_that_was_not_taken(client):
    run = ended(client)
    third = [e for e in run["events"] if e["type"] == "step.appended"][2]
    garden = next(one for one in third["candidates"] if one["text"] == " garden")
    forked = fork(client, run, 2, garden["id"])
    parent = {"run_id": run["run_id"], "step": 2, "token_id": garden["id"]}
    assert forked["events"][0]["parent"] == parent
    assert forked["events"][-1]["text"] == " upon a garden."


def test_a_fork_of_fewer_steps_is_not_held_to_the_least_that_the_run_was_asked_for(client):
    run = ended(client, max_steps=8, min_steps=8)
    first = run["result"]["steps"][0]["considered"][0]["token_id"]
    forked = fork(client, run, 0, first, max_steps=3)
    assert len(forked["result"]["steps"]) == 3
    assert forked["request"]["min_steps"] == 3


@pytest.mark.parametrize(("step", "token"), [(99, 1), (2, 99999)])
def test_a_fork_from_what_is_not_there_is_refused(client, step, token):
    assert asked_fork(client, ended(client), step, token).status_code == 422


def test_a_token_that_ends_its_text_is_refused(client):
    run = ended(client)
    last = run["result"]["steps"][-1]["kept"][0]
    answer = asked_fork(client, run, 4, last["token_id"])
    assert answer.status_code == 422
    assert "ends its text" in answer.json()["error"]["message"]


def test_an_end_token_that_was_not_kept_is_refused_too():
    with serving(scripted_engine(FOREVER)) as client:
        run = ended(client, prompt=" a", max_steps=4, threshold=0.0, max_width=2, considered=7)
        end = client.app.state.service.engine.container.tokenizer().end_tokens
        number, token = next(
            (number, one["token_id"])
            for number, step in enumerate(run["result"]["steps"])
            for one in step["considered"]
            if one["token_id"] in end and one["state"] != "finished"
        )
        answer = asked_fork(client, run, number, token)
        assert answer.status_code == 422
        assert "ends its text" in answer.json()["error"]["message"]


def test_a_fork_is_the_same_from_a_state_and_by_a_prefill_and_says_which_it_was():
    """Every kind of token, in the middle and at both ends; and forks of these forks."""
    with (
        serving(scripted_engine(FOREVER)) as client,
        serving(scripted_engine(FOREVER), retained_rows=0) as other,
    ):
        run, twin = ended(client, **WIDE), ended(other, **WIDE)
        count = 0
        for step in (0, 3, 7):
            for one in run["result"]["steps"][step]["considered"]:
                forked = fork(client, run, step, one["token_id"], max_steps=11)
                plain = fork(other, twin, step, one["token_id"], max_steps=11)
                assert forked["continued_from"] == "state"
                assert plain["continued_from"] == "prefill"
                assert forked["events"][0]["reused_rows"] >= 1
                assert plain["events"][0]["reused_rows"] == 0
                assert steps_of(forked) == steps_of(plain)
                assert forked["result"]["n_best"][0]["log_probability"] == pytest.approx(
                    plain["result"]["n_best"][0]["log_probability"], abs=1e-4
                )
                count += 1
        token = forked["result"]["steps"][9]["kept"][-1]["token_id"]
        deeper = fork(client, forked, 9, token, max_steps=13)
        assert deeper["continued_from"] == "state"
        assert steps_of(deeper) == steps_of(fork(other, plain, 9, token, max_steps=13))
        kinds = {"state": (count + 1, 0), "prefill": (0, count + 1)}
        for kind, expected in kinds.items():
            name = f'tempo_forks_total{{continued_from="{kind}"}}'
            assert (metric(client, name), metric(other, name)) == expected
        assert metric(other, "tempo_retained_states") == 0


def test_a_run_that_goes_on_is_forked_from_its_state_and_goes_on_undisturbed():
    with serving(slow_engine()) as client:
        alone = begun(client, **LONG)
        assert until(lambda: shown(client, alone)["result"] is not None, 60)
        run = begun(client, **LONG)
        # The state of the first run would do as well; here is none of its settings.
        other = begun(client, **LONG, temperature=0.9)
        assert until(lambda: len(shown(client, other)["events"]) > 8)
        told = [e for e in shown(client, other)["events"] if e["type"] == "step.appended"][2]
        token = told["candidates"][-1]["id"]
        child = asked_fork(client, other, 2, token).json()
        assert until(lambda: len(shown(client, child)["events"]) > 5)
        assert shown(client, other)["state"] == "running"
        forked = shown(client, child)
        assert forked["continued_from"] == "state"
        assert until(lambda: shown(client, run)["result"] is not None, 60)
        assert shown(client, run)["result"]["steps"] == shown(client, alone)["result"]["steps"]
        for one in (other, child):
            client.post(f"{RUNS}/{one['run_id']}/cancel")


def test_a_run_that_has_decoded_nothing_yet_is_refused():
    with serving(slow_engine(), max_concurrent_runs=1) as client:
        first, second = begun(client, **LONG), begun(client, **LONG)
        answer = asked_fork(client, second, 0, 1)
        assert answer.status_code == 409
        assert answer.json()["error"]["kind"] == "run_state"
        for run in (first, second):
            client.post(f"{RUNS}/{run['run_id']}/cancel")


def test_a_step_that_is_not_decoded_yet_is_refused():
    with serving(slow_engine()) as client:
        run = begun(client, **LONG)
        assert until(lambda: len(shown(client, run)["events"]) > 3)
        assert asked_fork(client, run, 199, 1).status_code == 422
        client.post(f"{RUNS}/{run['run_id']}/cancel")


def interrupted(path, run):
    """Write a run as a process left it that was killed in the middle."""
    store = SqliteRunStore(path)
    name = "a" * 32
    store.save(KeptRun(name, RunState.RUNNING, 1.0, None, run["request"]))
    for event in run["events"][:5]:
        store.append(name, event)
    store.flush()
    store.close()
    return {"run_id": name}


def test_a_run_that_was_cut_off_is_forked_by_a_prefill_of_what_it_had_told(tmp_path):
    path = str(tmp_path / "runs.sqlite3")
    with serving(scripted_engine(FOREVER)) as client:
        whole = ended(client, **WIDE)
        token = whole["result"]["steps"][2]["considered"][-1]["token_id"]
        expected = fork(client, whole, 2, token)
    run = interrupted(path, whole)
    with serving(scripted_engine(FOREVER), store=path) as client:
        assert shown(client, run)["state"] == "interrupted"
        forked = fork(client, run, 2, token)
        assert forked["continued_from"] == "prefill"
        assert steps_of(forked) == steps_of(expected)
        assert forked["result"]["clean_text"] == expected["result"]["clean_text"]
        again = fork(client, run, 2, token)
        assert again["continued_from"] == "state"  # what the first fork left
        assert [one["run_id"] for one in shown(client, run)["children"]] == [
            forked["run_id"],
            again["run_id"],
        ]


def test_another_model_does_not_go_on_from_what_a_run_told(tmp_path):
    path = str(tmp_path / "runs.sqlite3")
    with serving(scripted_engine(FOREVER)) as client:
        run = interrupted(path, ended(client, **WIDE))
    with serving(scripted_engine(), store=path) as client:
        answer = asked_fork(client, run, 0, 1)
        assert answer.status_code == 409
        assert answer.json()["error"]["kind"] == "other_model"


def test_forks_are_a_tree_of_runs():
    with serving(scripted_engine(FOREVER)) as client:
        root = ended(client, **WIDE)
        token = root["result"]["steps"][1]["considered"][0]["token_id"]
        first, second = fork(client, root, 1, token), fork(client, root, 1, token)
        leaf = fork(client, first, 4, first["result"]["steps"][4]["considered"][0]["token_id"])
        tree = {
            one["run_id"]: (one["parent"] and one["parent"]["run_id"], one["forked_at"])
            for one in client.get(RUNS).json()["runs"]
        }
        names = [one["run_id"] for one in (root, first, second, leaf)]
        assert [tree[name] for name in names] == [
            (None, None),
            (names[0], 1),
            (names[0], 1),
            (names[1], 4),
        ]
        for parent, children in ((root, names[1:3]), (first, names[3:]), (second, [])):
            found = shown(client, parent)["children"]
            assert [one["run_id"] for one in found] == children
        assert shown(client, root)["continued_from"] is None


def test_states_are_bounded_and_a_fork_of_one_that_left_is_by_a_prefill():
    with serving(scripted_engine(FOREVER), retained_rows=30) as client:
        run = ended(client, **WIDE)
        held = metric(client, "tempo_retained_rows")
        assert 1 <= held <= 30
        assert metric(client, "tempo_retained_states") == 1
        for number in range(6):
            ended(client, **WIDE, temperature=0.5 + number / 20)
        assert metric(client, "tempo_retained_rows") <= 30
        assert metric(client, "tempo_retained_evictions_total") >= 1
        token = run["result"]["steps"][1]["considered"][0]["token_id"]
        assert fork(client, run, 1, token)["continued_from"] == "prefill"


def test_states_never_keep_a_run_from_beginning_and_are_gone_when_it_needs_all_rows():
    needed = 1 + 8 * 3
    with serving(scripted_engine(FOREVER), max_cache_rows=needed) as client:
        ended(client, **WIDE)
        assert metric(client, "tempo_retained_states") == 1
        assert metric(client, "tempo_cache_rows_reserved") == 0
        again = ended(client, **WIDE, temperature=0.9)
        assert again["state"] == "finished"
        assert metric(client, "tempo_retained_evictions_total") == 1
        assert metric(client, "tempo_retained_states") == 1


def test_a_service_that_stops_lets_all_states_go():
    with serving(scripted_engine(FOREVER)) as client:
        ended(client, **WIDE)
        service = client.app.state.service
        assert service.states.rows > 0
    assert (len(service.states), service.states.rows) == (0, 0)
