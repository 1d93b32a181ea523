"""Settings for forms: described within the service's bounds, and judged while they are typed."""

import json

import pytest

from tempo.application.settings.presets import PRESETS
from tests.interfaces.http.conftest import serving

CHECK = "/api/v1/settings/check"
SCHEMA = "/api/v1/settings/schema"


@pytest.fixture(scope="module")
def narrow():
    with serving(max_steps=40, max_width=6) as client:
        yield client


def checked(client, **settings):
    answer = client.post(CHECK, json={"settings": settings})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_schema_respects_the_services_bounds(narrow):
    body = narrow.get(SCHEMA).json()
    described = {one["name"]: one for one in body["settings"]}
    assert (described["max_steps"]["most"], described["max_steps"]["high"]) == (40, 40)
    assert (described["max_width"]["most"], described["max_width"]["high"]) == (6, 6)
    assert described["max_width"]["label"] == "Width"
    limits = {"max_prompt_bytes": 65536, "max_prompt_tokens": 4096, "max_steps": 40, "max_width": 6}
    assert limits.items() <= body["limits"].items()


def test_each_preset_begins_a_run_here(narrow):
    presets = narrow.get(SCHEMA).json()["presets"]
    assert [one["name"] for one in presets] == [one.name for one in PRESETS]
    for one in presets:
        answer = narrow.post("/generate", json={"prompt": "Once", **one["settings"]})
        assert answer.status_code == 200, answer.text


def test_what_is_wrong_is_told_at_its_field(narrow):
    found = checked(narrow, max_steps=41, temperature="hot", colour="red")
    assert found["errors"] == [
        {"field": "temperature", "message": "temperature is 'hot'; it must be a number, above 0"},
        {"field": "colour", "message": "there is no setting 'colour'; see the settings' reference"},
        {"field": "max_steps", "message": "max_steps is 41; this service allows at most 40"},
    ]
    assert found["curve"] is None


def test_what_has_no_effect_and_the_curve_are_told(narrow):
    found = checked(
        narrow, max_steps=11, max_width=6, final_threshold=0.6, threshold_curve="linear"
    )
    assert found["errors"] == []
    assert {"field": "posterior_floor", "needs": "retroactive_pruning posterior"} in found[
        "without_effect"
    ]
    curve = found["curve"]
    assert curve["setting"] == "selection_threshold"
    assert curve["sentence"].startswith("selection_threshold goes from 0.1 at step 0 to 0.6")
    assert curve["points"][5] == [5, pytest.approx(0.35)]
    assert len(curve["points"]) == 11


@pytest.mark.parametrize(
    "value", [None, [], {}, [[]], 10**400, 1e308, "\ud800", "\0", {"a": [1]}, True, "9" * 5000]
)
def test_no_value_of_a_setting_is_a_failure(narrow, value):
    for name in (
        "temperature",
        "stop",
        "threshold_curve",
        "bezier_points",
        "use_pruning",
        "nobody",
    ):
        answer = posted(narrow, json.dumps({"settings": {name: value}}))
        assert answer.status_code == 200, (name, value, answer.text)


def posted(client, body):
    return client.post(CHECK, content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"settings": 3},
        {"settings": {}, "prompt": "x"},
        {"settings": {"x" * 201: 1}},
        {"settings": {f"a{number}": 1 for number in range(257)}},
    ],
)
def test_what_is_no_set_of_settings_is_refused(narrow, body):
    assert narrow.post(CHECK, json=body).status_code == 422


def test_a_name_that_is_no_text_is_told_spelled(narrow):
    answer = posted(narrow, rb'{"settings": {"\ud800": 1}}')
    assert answer.json()["errors"][0]["field"] == "\\ud800"
