"""The OpenAPI document: committed, without drift, and true of the service."""

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tempo.interfaces.http.description import openapi_text
from tests.interfaces.http.loopback import loopback

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"

load_all_checks()
PATHS = json.loads(openapi_text())["paths"]
OPERATIONS = [(method, path) for path, methods in PATHS.items() for method in methods]

# Settings exclude each other and prompts have words: what fits the schema may still be refused.
REFUSES_MORE = CHECKS.get_by_names(["positive_data_acceptance"])


def test_the_committed_document_is_that_of_the_service():
    assert COMMITTED.read_text(encoding="utf-8") == openapi_text(), "run `make schema`"


def takes_anything(definition):
    return "requestBody" in definition or bool(definition.get("parameters"))


# Where nothing is asked, nothing can be asked wrongly.
ASKED = [
    (operation, mode)
    for operation in OPERATIONS
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or takes_anything(PATHS[operation[1]][operation[0]])
]


@pytest.fixture(scope="module")
def api():
    with loopback(max_steps=8, max_body_bytes=20_000) as (address, _):
        yield schemathesis.openapi.from_url(f"{address}/openapi.json")


@pytest.mark.parametrize(("operation", "mode"), ASKED)
def test_every_answer_is_as_the_document_says(api, operation, mode):
    method, path = operation
    found = api[path][method]

    @given(case=found.as_strategy(generation_mode=mode))
    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    def holds(case):
        case.call_and_validate(excluded_checks=REFUSES_MORE)

    holds()
