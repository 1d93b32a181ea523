"""`POST /generate`: the documents' bodies as written, every bound, each error with advice."""

import pytest

from tempo.application.settings.settings import SPECS
from tempo.interfaces.http.failures import PATTERNS
from tests.interfaces.http.conftest import serving
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

# The body that the documents show, the prompt aside: the script knows other words.
DOCUMENTED = {
    "threshold": 0.1,
    "max_tokens": 30,
    "use_retroactive_pruning": True,
    "attention_threshold": 0.015,
}

OLD_DEFAULTS = {
    "max_tokens": 50,
    "selection_threshold": 0.1,
    "min_steps": 0,
    "use_custom_rope": True,
    "disable_kv_cache": False,
    "show_token_ids": False,
    "system_content": None,
    "enable_thinking": False,
    "debug_mode": False,
    "use_mcts": False,
    "mcts_simulations": 10,
    "mcts_c_puct": 1.0,
    "mcts_depth": 5,
    "dynamic_threshold": False,
    "final_threshold": 1.0,
    "bezier_p1": 0.2,
    "bezier_p2": 0.8,
    "use_relu": False,
    "relu_activation_point": 0.5,
    "attention_threshold": 0.01,
    "allow_intraset_token_visibility": False,
    "no_preserve_isolated_tokens": False,
    "no_relative_attention": False,
    "relative_threshold": 0.5,
    "no_multi_scale_attention": False,
    "num_layers_to_use": None,
    "no_lci_dynamic_threshold": False,
    "no_sigmoid_threshold": False,
    "sigmoid_steepness": 10,
    "complete_pruning_mode": "keep_token",
    "disable_kv_cache_consistency": False,
}
"""Every field of older clients with the value that they send where a user names none."""


def error_of(answer):
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"kind", "message", "request_id"}
    assert body["error"]["request_id"] == answer.headers["x-request-id"]
    return body["error"]


@pytest.mark.parametrize("path", ["/generate", "/api/generate"])
def test_a_prompt_is_continued_and_every_text_answered(client, path):
    answer = client.post(path, json={"prompt": "Once", "max_tokens": 9})
    assert answer.status_code == 200
    body = answer.json()
    assert body["clean_text"] == " upon a park."
    assert body["generated_text"] == " upon a [park/garden]."
    assert body["raw_generated_text"] == " upon a park garden."
    assert body["had_repetition_loop"] is False
    assert body["finish_reason"] == "end_of_text"
    assert [one["text"] for one in body["n_best"]] == [" upon a park.", " upon a garden."]
    assert body["settings"]["max_steps"] == 9
    assert body["lattice"] is None
    assert body["timing"]["elapsed_time"] >= 0.0


def test_a_step_shows_what_was_considered_and_kept(client):
    asked = {"prompt": "Once", "threshold": 0.5}
    step = client.post("/generate", json=asked).json()["steps"][2]
    assert [one["text"] for one in step["kept"]] == [" park"]
    assert [one["probability"] for one in step["considered"]] == pytest.approx([0.6, 0.4])
    assert {one["state"] for one in step["considered"]} == {"kept", "below_threshold"}
    assert step["pruned"] == []


def test_what_was_pruned_is_shown_with_its_reason(client):
    asked = {"prompt": "Once", "retroactive_pruning": "posterior", "posterior_floor": 0.45}
    steps = client.post("/generate", json={**asked, "pruning_lag": 1}).json()["steps"]
    assert [one["text"] for one in steps[2]["pruned"]] == [" garden"]
    assert "posterior" in steps[2]["pruned"][0]["reason"]


def test_the_lattice_the_ids_and_the_cost_come_on_request(client):
    asked = {"prompt": "Once", "lattice": True, "show_token_ids": True, "debug_mode": True}
    body = client.post("/generate", json=asked).json()
    assert body["lattice"]["format"] == "tempo-lattice"
    assert len(body["best_path_ids"]) == len(body["steps"])
    assert body["cost"]["passes"] > 0


def test_a_body_in_the_words_of_older_clients_is_understood(client):
    answer = client.post("/generate", json={"prompt": "Once", **OLD_DEFAULTS})
    assert answer.status_code == 200
    assert answer.json()["settings"]["max_steps"] == 50


def test_the_documented_body_asks_for_pruning_by_attention(client):
    settings = client.post("/generate", json={"prompt": "Once", **DOCUMENTED}).json()["settings"]
    assert settings["retroactive_pruning"] == "attention"
    assert settings["attention_threshold"] == 0.015
    assert settings["max_steps"] == 30


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("max_tokens", 0, "max_tokens is 0; it must be a whole number, 1 or more"),
        ("max_tokens", 201, "max_steps is 201; this service allows at most 200"),
        ("max_tokens", "ten", "max_tokens is 'ten'; it must be a whole number, 1 or more"),
        ("selection_threshold", 1.5, "selection_threshold is 1.5; it must be a number, from 0 to"),
        ("max_width", 33, "max_width is 33; this service allows at most 32"),
        ("complete_pruning_mode", "all", "complete_pruning_mode is 'all'; it must be one of"),
        ("mcts_simulations", 0, "mcts_simulations is 0"),
        ("mcts_depth", 3, "mcts_depth 3 would have no effect: it needs use_mcts"),
        ("disable_kv_cache", True, "disable_kv_cache true would have no effect"),
        ("sharpness", 0, "sharpness is 0; it must be a number, above 0"),
        ("prompt", " \n ", "prompt is"),
        ("prompt", "", "prompt is wrong; it must not be empty"),
        ("n_best", 65, "n_best is 65"),
        ("thresold", 0.1, "there is no field thresold"),
        ("posterior_floor", 0.3, "posterior_floor 0.3 would have no effect"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(client, field, value, told):
    answer = client.post("/generate", json={"prompt": "Once", field: value})
    assert answer.status_code == 422
    assert told in error_of(answer)["message"]


def test_every_setting_is_a_field(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(SPECS) <= set(schemas["GenerateRequest"]["properties"])
    assert schemas["GenerateRequest"]["properties"]["max_width"]["maximum"] == 64


@pytest.mark.parametrize("body", ["{", "[]", "null", '"text"'])
def test_what_is_no_request_is_refused(client, body):
    answer = client.post("/generate", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    error_of(answer)


def test_a_prompt_over_its_bounds_is_too_large():
    with serving(max_prompt_bytes=8, max_prompt_tokens=1) as client:
        assert client.post("/generate", json={"prompt": "Once upon"}).status_code == 413
        answer = client.post("/generate", json={"prompt": "Once"})
        assert answer.status_code == 200
    with serving(max_prompt_tokens=1) as client:
        answer = client.post("/generate", json={"prompt": "Once upon"})
        assert answer.status_code == 413
        assert error_of(answer)["message"].startswith("the prompt has 2 tokens")


def test_a_run_that_needs_more_rows_than_there_are_is_refused():
    with serving(max_cache_rows=100) as client:
        answer = client.post("/generate", json={"prompt": "Once"})
        assert answer.status_code == 422
        assert "cache rows" in error_of(answer)["message"]


def test_a_run_over_its_time_is_ended():
    with serving(scripted_engine(FOREVER), run_seconds=0.0) as client:
        answer = client.post("/generate", json={"prompt": " a"})
        assert answer.status_code == 504
        assert error_of(answer)["kind"] == "timeout"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"prompt": " "}, "prompt is wrong; it must not be blank"),
        ({"prompt": ""}, "prompt is wrong; it must not be empty"),
        ([], "the body is wrong; it must be an object with fields"),
    ],
)
def test_what_is_wrong_is_said_in_words(client, body, sentence):
    answer = client.post("/generate", json=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, sentence)


def test_what_is_no_name_of_a_run_is_said_in_words(client):
    answer = client.get("/api/v1/runs/nope")
    assert answer.json()["error"]["message"] == (
        "run_id is 'nope'; it must be the 32 hexadecimal digits that a run was given"
    )


def test_every_pattern_of_a_field_has_words(client):
    patterns = set()

    def look(part):
        if isinstance(part, dict):
            patterns.update([part["pattern"]] if isinstance(part.get("pattern"), str) else [])
            part = list(part.values())
        for one in part if isinstance(part, list) else ():
            look(one)

    look(client.get("/openapi.json").json())
    assert patterns
    assert patterns <= set(PATTERNS)


def test_a_search_answers_its_texts_by_value_and_what_it_took(client):
    asked = {
        "prompt": "Once",
        "use_mcts": True,
        "mcts_simulations": 20,
        "mcts_c_puct": 1.5,
        "mcts_depth": 5,
        "mcts_words": ["garden"],
    }
    answer = client.post("/generate", json=asked).json()
    assert answer["clean_text"] == " upon a garden."
    assert answer["n_best"][0]["value"] == answer["search"]["value"] == 1.0
    assert answer["search"]["errors"] == 0


def test_a_pattern_is_not_taken_from_a_client(client):
    """A pattern that backtracks holds the service up, and nothing can end it."""
    asked = {"prompt": "Once", "use_mcts": True, "mcts_pattern": "(a+)+$"}
    answer = client.post("/generate", json=asked)
    assert answer.status_code == 422
    assert error_of(answer)["message"] == (
        "mcts_pattern is ['(a+)+$']; this service takes none, since a pattern may take for ever: "
        "name words by mcts_words"
    )
