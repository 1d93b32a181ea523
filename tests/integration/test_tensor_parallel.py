"""Two processes that hold one model, beside one that holds all of it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import AutoTokenizer

import tempo
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.integration.processes import started

SCRIPT = Path(__file__).parent / "together.py"
MODELS = ("llama transformers", "llama fused", "qwen3 transformers", "qwen3 fused")
DECODED = ("llama transformers", "qwen3 fused")
"""With these whole runs are compared; rows and laws with all."""

MODES = (
    "lineage",
    "path",
    "uniform",
    "posterior pruning",
    "attention pruning",
    "coherence",
    "diversity",
    "search",
)
CLOSE = 1e-4
WAIT = 240

GOES_ON = """
import sys, tempo
engine = tempo.load(sys.argv[1], tensor_parallel="auto")
print("runs", flush=True)
sys.stdin.readline()
try:
    for _ in range(1000):
        engine.generate("Once upon a time", max_steps=50)
except tempo.errors.TempoError as error:
    print(f"{type(error).__name__}: {error}", flush=True)
    sys.exit(3)
"""

ENDS = """
import os, signal, sys, tempo
from tempo.infrastructure.ranks import group, membership
from torch.nn import functional

def dies(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def fails(*_, **__):
    raise RuntimeError("a reason of its own")

folder, backend, rank, place, ends = sys.argv[1:]
if os.environ["RANK"] == rank:
    where, name = {
        "load": (membership, "load"),
        "sum": (group.Together, "total"),
        "activation": (functional, "silu"),
    }[place]
    setattr(where, name, globals()[ends])
tempo.load(folder, tensor_parallel="auto", backend=backend).generate("Once", max_steps=5)
"""
"""A script of which one process ends where it loads its part, or within a pass."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two small models, whose heads and inner numbers two processes can share."""
    place = tmp_path_factory.mktemp("models")
    tokenizer = AutoTokenizer.from_pretrained(tempo.embedded_model_path())
    for family in ("llama", "qwen3"):
        model = random_model(family, len(tokenizer), seed=2, context=400, scale=0.15)
        model.save_pretrained(place / family)
        tokenizer.save_pretrained(place / family)
    return place


@pytest.fixture(scope="module")
def found(folder):
    """What together.py found of each model."""
    out = folder / "found.json"
    with started(SCRIPT, folder, out) as (first, other):
        said, errors = first.communicate(timeout=WAIT)
        assert first.returncode == 0, errors
        followed = other.communicate(timeout=WAIT)
        assert other.returncode == 0, followed
    assert (said, followed[0]) == ("", "")
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.parametrize("model", MODELS)
def test_a_split_model_is_described_as_the_whole_one(found, model):
    assert found[model]["described alike"]


@pytest.mark.parametrize("model", MODELS)
def test_each_process_keeps_its_own_heads_rows_and_no_others(found, model):
    own, whole = found[model]["heads of the cache"], found[model]["heads of all"]
    assert [2 * heads for heads in own] == whole


@pytest.mark.parametrize("model", MODELS)
def test_the_laws_hold_in_two_processes(found, model):
    laws = found[model]["laws"]
    assert sorted(laws) == ["1", "2", "3", "4", "7", "8"]
    assert max(laws.values()) < CLOSE


@pytest.mark.parametrize(
    "what",
    [
        "logits",
        "attention",
        "attention by sums",
        "largest attention",
        "focus",
        "distances",
        "likeness",
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_two_processes_equal_one(found, model, what):
    assert found[model][what] < CLOSE


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("model", DECODED)
def test_texts_scores_and_posteriors_are_those_of_one_process(found, model, mode):
    run = found[model]["modes"][mode]
    assert run["same"]
    assert run["scores"] < CLOSE
    assert run["posteriors"] < CLOSE
    assert run["width"] > 1 or mode == "search"


@pytest.mark.parametrize("model", DECODED)
def test_prompts_that_share_passes_too(found, model):
    assert found[model]["many"]


@pytest.mark.parametrize("model", DECODED)
def test_what_looks_at_modules_is_refused_rather_than_waited_for(found, model):
    assert found[model]["layers"] == (
        "looking at layers calls the model's own modules, and tensor_parallel spreads them over 2 "
        "processes; run it without tensor_parallel, on one process"
    )
    assert "on one process" in found[model]["exits"]


def test_a_process_that_dies_is_told_of_within_seconds(folder):
    with started("-c", GOES_ON, folder / "llama") as (first, other):
        assert first.stdout.readline() == "runs\n"
        other.kill()
        said, errors = first.communicate("go on\n", timeout=WAIT)
    assert first.returncode == 3, errors
    reason = re.fullmatch(
        "OutOfStepError: the processes that hold the model together are out of step, since one of "
        r"them ended or failed \((.*)\); start all of them again\n",
        said,
    )
    assert reason
    assert "peer" in reason[1]
    assert len(reason[1]) < 120


def test_the_first_process_to_die_takes_the_others_along(folder):
    with started("-c", GOES_ON, folder / "llama") as (first, other):
        assert first.stdout.readline() == "runs\n"
        first.kill()
        said, errors = other.communicate(timeout=WAIT)
    assert other.returncode == 1
    assert said == ""
    assert errors.splitlines()[-1].startswith("process 1: the first process ended, or fell silent")


@pytest.mark.parametrize(
    ("backend", "place"), [("fused", "load"), ("fused", "sum"), ("transformers", "activation")]
)
def test_the_others_tell_of_the_first_process_wherever_it_dies(folder, backend, place):
    with started("-c", ENDS, folder / "llama", backend, 0, place, "dies") as (_, other):
        _, errors = other.communicate(timeout=WAIT)
    assert other.returncode == 1
    assert re.fullmatch(
        r"process 1: the first process ended, or fell silent \(.*peer.*\)",
        errors.splitlines()[-1],
    )


@pytest.mark.parametrize(("place", "ends"), [("load", "dies"), ("activation", "fails")])
def test_the_first_process_tells_of_another_wherever_it_ends_and_that_one_of_itself(
    folder, place, ends
):
    with started("-c", ENDS, folder / "llama", "transformers", 1, place, ends) as (first, other):
        _, errors = first.communicate(timeout=WAIT)
        _, reason = other.communicate(timeout=WAIT)
    assert first.returncode == 1
    assert re.search(
        r"OutOfStepError: the processes that hold the model together are out of step, since one "
        r"of them ended or failed \(.*peer.*\); start all of them again\n$",
        errors,
    )
    assert reason.endswith("process 1: a reason of its own\n") == (ends == "fails")


def test_torchrun_starts_a_command_that_speaks_once(folder):
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = ["-m", "tempo", "doctor", "--model", folder / "qwen3", "--tensor-parallel", "2"]
    both = subprocess.run(
        [sys.executable, *launch, *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT,
    )
    assert both.returncode == 0, both.stderr
    assert re.search("backend +FusedBackend over 2 processes *\n", both.stdout)
    assert both.stdout.count("ok      law") == 6
