"""`tempo compare` by an engine: outcomes that workers found, one by one, are those found here."""

import json

import pytest

from tempo.infrastructure.decoders.metering import Metered
from tempo.interfaces.cli import engine_options
from tests.fakes.pickling_engine import pickling_engine
from tests.infrastructure.huggingface.tiny_tokenizers import byte_level
from tests.interfaces.cli.conftest import run, tiny_model  # noqa: F401 - fixtures
from tests.interfaces.cli.studies.test_compare import METHODS, prompts, untimed  # noqa: F401

BY_RAY = ("--engine", "ray")


@pytest.fixture
def compare(run, prompts, tiny_model, monkeypatch):  # noqa: F811 - the fixtures
    """Run the command over three prompts; what Ray would do, the pickling engine does."""
    monkeypatch.setattr(engine_options, "ray_engine", pickling_engine)
    small = ("--n", "1,2", "--steps", "3", "--draws", "5", "--model", tiny_model)
    return lambda *arguments: run("compare", *prompts, *METHODS, *small, *arguments)


def test_the_report_is_the_same_but_for_times(compare):
    ours = compare("--engine", "local", "--json")
    theirs = compare(*BY_RAY, "--json")
    assert untimed(json.loads(theirs.text)) == untimed(json.loads(ours.text))


def test_parts_by_workers_make_the_whole(compare, tmp_path):
    place = ("--output-dir", str(tmp_path / "kept"))
    whole = json.loads(compare("--engine", "local", "--json").text)
    for part in ("1/2", "2/2"):
        ended = compare(*place, "--part", part, *BY_RAY)
        assert ended.code == 0, ended.err
    assert untimed(json.loads(compare(*place, "--engine", "local", "--json").out)) == untimed(whole)


def test_an_outcome_that_cannot_be_found_is_listed_and_whole_prompts_are_reported(
    compare, monkeypatch
):
    decoded, wrong = Metered.decode, byte_level(None)("A frog")["input_ids"]

    def breaks(self, prompt, count, steps, seed):
        if self.name == "greedy" and list(prompt) == wrong:
            message = "no memory"
            raise OSError(message)
        return decoded(self, prompt, count, steps, seed)

    monkeypatch.setattr(Metered, "decode", breaks)
    ended = compare(*BY_RAY, "--json")
    assert ended.code == 1
    assert ended.err.splitlines()[0].endswith("items failed")
    assert ", greedy, " in ended.err
    assert "tried once: OSError: no memory" in ended.err
    assert len(json.loads(ended.out)["prompts"]) == 2
