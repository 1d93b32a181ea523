"""Every study that takes an engine: work that travelled gives the same bytes as this process.

The engine pickles what is to be done, opens it over a model of its own and does it backwards; a
cluster does no more to it.
"""

import json
import os
import signal

import pytest

from tempo.application.studies.fidelity.measuring import ContextMeasurement
from tempo.domain.errors import ContradictionError, PromptError
from tempo.infrastructure.configuration import LoadingOptions
from tempo.interfaces.cli import engine_options
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.studies import handing_out
from tests.fakes.pickling_engine import pickling_engine
from tests.fakes.watched_engine import WatchedEngine
from tests.interfaces.cli.conftest import run, tiny_model  # noqa: F401 - fixtures

FEW = ("--count", "2")
STUDIES = {
    "fidelity": ("fidelity", *FEW, "--depth", "2", "--superposition", "lineage"),
    "attention": ("experiment", "attention", *FEW, "--steps", "4"),
    "isolation": ("experiment", "isolation", *FEW, "--steps", "4", "--depth", "1"),
    "gaps": ("experiment", "gaps", *FEW, "--gap", "4", "--tokens", "3"),
    "lens": ("experiment", "lens", *FEW),
    "pruning": (
        "experiment", "pruning", *FEW, "--sets", "3", "--lag", "2", "--text-steps", "2",
        "--text-count", "1", "--threshold", "0.02", "--superposition", "path",
    ),
    "mcts": (
        "experiment", "mcts", "--task", "brackets", *FEW, "--steps", "6", "--budget", "20",
    ),
    "consolidate": (
        "experiment", "consolidate", *FEW, "--length", "40", "--window", "16", "--rows", "4",
        "--sinks", "2", "--recent", "4", "--facts", "0", "--prompts", "1", "--prompt", "8",
        "--steps", "4", "--alpha", "0.5", "--matrices", "kv", "--top-k", "8", "--no-own",
    ),
}  # fmt: skip
HERE = ("--engine", "local")
BY_RAY = ("--engine", "ray", "--workers", "2")


@pytest.fixture
def study(run, tiny_model, tmp_path, monkeypatch):  # noqa: F811 - the fixtures
    """Run a study over a tiny model into a folder; what Ray would do, the pickling engine does."""
    monkeypatch.setattr(engine_options, "ray_engine", pickling_engine)
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("ab\nThe fox\nacb\n", encoding="utf-8")

    def command(name, folder, *arguments):
        words = STUDIES[name]
        given = () if name in {"mcts", "consolidate"} else ("--prompts", str(prompts))
        place = tmp_path / folder
        ended = run(*words, *given, *arguments, "--model", tiny_model, "--output-dir", str(place))
        return ended, place

    return command


def found_in(place):
    """What was found, in its order: the journal's lines but the first."""
    return sorted((place / "found.jsonl").read_bytes().splitlines()[1:])


@pytest.mark.parametrize("name", STUDIES)
def test_the_document_is_the_same_byte_for_byte(study, name):
    (ours, here), (theirs, there) = study(name, "here", *HERE), study(name, "there", *BY_RAY)
    assert (ours.code, theirs.code) == (0, 0), theirs.err
    document = f"{name}.json"
    assert (there / document).read_bytes() == (here / document).read_bytes()
    assert found_in(there) == found_in(here)
    assert theirs.out.splitlines()[:-1] == ours.out.splitlines()[:-1]  # the last tells the time
    numbers = [
        json.loads(line)["number"] for line in (there / "found.jsonl").open().readlines()[1:]
    ]
    assert numbers == sorted(numbers, reverse=True)  # so that it was not this process


def test_a_study_goes_on_whoever_began_it(study):
    _, place = study("fidelity", "kept", "--engine", "local")
    lines = (place / "found.jsonl").read_bytes().splitlines(keepends=True)
    (place / "found.jsonl").write_bytes(b"".join(lines[:2]))
    ended, _ = study("fidelity", "kept", *BY_RAY)
    assert ended.code == 0
    assert (place / "found.jsonl").read_bytes() == b"".join(lines)


@pytest.mark.parametrize("engine", [("--engine", "local", "--retries", "0"), BY_RAY])
def test_a_context_that_cannot_be_measured_is_listed_and_the_rest_is_reported(
    study, monkeypatch, engine
):
    measured = ContextMeasurement.run

    def breaks(self, number, prompt):
        if number == 1:
            message = "the prompt cannot be measured"
            raise PromptError(message)
        return measured(self, number, prompt)

    monkeypatch.setattr(ContextMeasurement, "run", breaks)
    ended, _ = study("fidelity", "kept", *engine)
    assert ended.code == 1
    assert (
        ended.err == "tempo: 1 of 2 items failed\n  1, tried once: the prompt cannot be measured\n"
    )
    assert "at most 8 wide, 1 contexts (stopped, 2 asked for); means" in ended.out


def test_what_is_wrong_with_a_prompt_is_told_before_any_worker_is_asked(study, monkeypatch):
    monkeypatch.setattr(engine_options, "ray_engine", None)
    ended, _ = study("fidelity", "kept", "--depth", "64", *BY_RAY)
    assert "the model's context has 64; shorten the prompt or go less deep" in ended.sentence


def test_options_of_engines_need_an_engine(study):
    ended, _ = study("fidelity", "kept", "--retries", "2")
    assert ended.sentence == "retries would have no effect without --engine local or ray"


def test_a_split_model_and_workers_are_not_asked_for_together(monkeypatch):
    monkeypatch.setattr(handing_out, "chosen_options", lambda: LoadingOptions(tensor_parallel="2"))
    with pytest.raises(ContradictionError) as told:
        handing_out._named(ModelChoice("embedded", "auto", "auto", "auto", ""))
    assert str(told.value) == (
        "tensor_parallel is 2, which splits a model over the processes of torchrun, and engine "
        "names workers that hold a model each; leave one out"
    )


def test_ctrl_c_ends_the_work_before_its_engine(study, monkeypatch):
    engine = WatchedEngine()
    monkeypatch.setattr(engine_options, "ray_engine", engine.opened)
    measured = ContextMeasurement.run

    def pressed(self, number, prompt):
        os.kill(os.getpid(), signal.SIGINT)
        return measured(self, number, prompt)

    monkeypatch.setattr(ContextMeasurement, "run", pressed)
    ended, _ = study("fidelity", "kept", *BY_RAY)
    assert ended.code == 130
    assert engine.ended == ["work", "engine"]
