"""`tempo sweep` in process, over a script: what it prints, keeps and refuses."""

import json
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tempo.infrastructure.sweeping import model_work
from tempo.interfaces.cli import engine_options
from tests.fakes.pickling_engine import pickling_engine
from tests.fakes.watched_engine import WatchedEngine
from tests.interfaces.cli.conftest import run  # noqa: F401 - a fixture
from tests.interfaces.scripted_engine import scripted_engine

GRID = """
prompts = ["Once", "Once upon"]
n_best = 2

[settings]
max_steps = [1, 4]
"""

SEARCH = """
prompts = ["Once"]

[search]
metric = "mean_width"
direction = "maximize"
trials = 5
seed = 2

[search.settings]
selection_threshold = { low = 0.3, high = 0.7 }
"""


@pytest.fixture
def sweep(run, tmp_path, monkeypatch):  # noqa: F811 - the fixture
    """Run the command in a folder of its own, over the story's script."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(model_work, "container_for", lambda _model: scripted_engine().container)

    def command(*arguments, spec=GRID, name="grid.toml"):
        Path(name).write_text(spec)
        return run("sweep", name, *arguments)

    return command


def rows(folder):
    return pq.read_table(sorted(Path(folder).glob("*.parquet"))).to_pylist()


def test_a_grid_is_kept_and_summed_up(sweep):
    assert sweep().text == (
        "settings     results  mean log probability  mean width  rows a step\n"
        "-----------  -------  --------------------  ----------  -----------\n"
        "max_steps=1        2                 0.000        1.00          1.5\n"
        "max_steps=4        2                -0.128        1.25          1.4\n"
        "tempo: 4 results are in output/grid; manifest.json says how they were made\n"
    )
    found = {
        (json.loads(one["settings"])["max_steps"], one["prompt"]): one
        for one in rows("output/grid")
    }
    assert found[4, "Once"]["text"] == " upon a park."
    assert [one["text"] for one in found[4, "Once"]["n_best"]] == [
        " upon a park.",
        " upon a garden.",
    ]
    assert found[1, "Once upon"]["text"] == " a"
    assert {one["id"].split("-")[0] for one in found.values()} == {"m0"}


def test_the_same_command_goes_on_and_does_nothing_twice(sweep, monkeypatch):
    first = sweep("--output-dir", "kept")
    assert first.code == 0
    monkeypatch.setattr(model_work, "container_for", None)  # whoever loads a model, fails
    assert sweep("--output-dir", "kept").text.splitlines()[-1] == (
        "tempo: 4 results are in kept, 4 of them from before; manifest.json says how they were made"
    )
    assert len(rows("kept")) == 4


def test_another_engine_gives_the_same_rows(sweep, monkeypatch):
    monkeypatch.setattr(engine_options, "ray_engine", pickling_engine)
    assert sweep("--output-dir", "here").code == 0
    assert sweep("--output-dir", "there", "--engine", "ray", "--workers", "3").code == 0
    here, there = rows("here"), rows("there")
    assert here != there  # in another order
    assert sorted(here, key=str) == sorted(there, key=str)
    told = json.loads(Path("there/manifest.json").read_text())["by"]
    assert told == {
        "engine": "ray", "address": None, "workers": 3, "num_cpus": 1.0, "num_gpus": 0.0,
    }  # fmt: skip


def test_other_threads_make_another_sweep(sweep):
    assert sweep("--output-dir", "kept").code == 0
    assert sweep("--output-dir", "kept", "--engine", "local", "--threads", "2").sentence == (
        "kept/manifest.json is of another sweep (other threads); name another folder by "
        "--output-dir, or give what it was begun with to go on"
    )


def test_what_fails_is_told_with_its_reason_and_tried_again(sweep):
    wrong = GRID.replace('"Once upon"]', '"Nowhere"]')
    ended = sweep("--retries", "1", spec=wrong)
    assert ended.code == 1
    ids = sorted(
        one["id"] for one in json.loads(Path("output/grid/manifest.json").read_text())["failures"]
    )
    assert len(ids) == 2
    assert ended.err.splitlines()[0] == "tempo: 2 of 4 items failed"
    assert ended.err.splitlines()[1:] == [
        f"  {one}, tried 2 times: 'Nowhere' starts with no token of this script" for one in ids
    ]
    assert "2 results are in output/grid;" in ended.out
    assert "2 results are in output/grid, 2 of them from before;" in sweep(spec=wrong).out


def test_a_dry_run_says_how_much_there_is_to_do(sweep):
    assert sweep("--dry-run").text == "1 models, 2 prompts, 2 settings, 4 items\n"
    assert sweep("--dry-run", spec=SEARCH).text == "1 models, 1 prompts, 5 trials, 5 items\n"
    assert json.loads(sweep("--dry-run", "--json").text)["items"] == 4
    assert not Path("output").exists()


def test_json_is_the_manifest(sweep):
    ended = sweep("--json")
    assert json.loads(ended.out) == json.loads(Path("output/grid/manifest.json").read_text())
    assert (
        ended.err == "tempo: 4 results are in output/grid; manifest.json says how they were made\n"
    )


def test_a_search_tells_its_best_trials_and_goes_on_to_the_same(sweep):
    found = sweep(spec=SEARCH, name="search.toml").text.splitlines()
    assert found[0].split() == ["trial", "mean", "width", "settings"]
    assert found[2].split()[1] == "1.2000"
    assert found[-2] == "5 of 5 trials judged"
    manifest = json.loads(Path("output/search/manifest.json").read_text())
    assert [trial["number"] for trial in manifest["trials"]] == [0, 1, 2, 3, 4]
    assert manifest["best"]["settings"]["selection_threshold"] <= 0.4
    again = sweep(spec=SEARCH, name="search.toml")
    assert again.text.splitlines()[:-1] == found[:-1]
    assert (
        json.loads(Path("output/search/manifest.json").read_text())["trials"] == manifest["trials"]
    )


def test_a_search_says_why_trials_came_to_nothing(sweep):
    spec = SEARCH.replace("low = 0.3, high = 0.7", "low = 1.5, high = 7.5")
    found = sweep(spec=spec, name="search.toml").text.splitlines()
    trial = json.loads(Path("output/search/manifest.json").read_text())["trials"][4]
    assert found[-2] == (
        "0 of 5 trials judged; 5 came to nothing, the last one since selection_threshold is "
        f"{trial['settings']['selection_threshold']}; it must be in [0, 1]"
    )


def test_a_blank_prompt_is_told_with_its_place(sweep):
    assert sweep(spec=GRID.replace('"Once upon"', '" "')).sentence == (
        "prompt 2 of grid.toml is none: its prompt is blank; correct it"
    )


def test_prompts_come_from_a_file_beside_the_sweep(sweep):
    Path("lines.jsonl").write_text('{"prompt": "Once", "id": "a"}\n\n"Once upon"\n')
    spec = GRID.replace('["Once", "Once upon"]', '"lines.jsonl"')
    assert sweep(spec=spec).code == 0
    assert {one["prompt_id"] for one in rows("output/grid")} == {"a", None}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"prompt": 3}', "line 1 of lines.jsonl holds no prompt: its 'prompt' is a number; it"),
        (
            '{"prompt": "Once", "settings": {"seed": 1}}',
            "line 1 of lines.jsonl has settings of its own; a sweep's are in its file: take them",
        ),
        ("", "lines.jsonl holds no prompt; give it one a line"),
    ],
)
def test_a_file_of_prompts_that_is_wrong_is_named(sweep, line, said):
    Path("lines.jsonl").write_text(line)
    spec = GRID.replace('["Once", "Once upon"]', '"lines.jsonl"')
    assert sweep(spec=spec).sentence.startswith(said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--engine", "rya"], "engine is 'rya'; it must be local or ray; did you mean ray?"),
        (["--workers", "2"], "workers would have no effect without --engine ray"),
        (
            ["--engine", "local", "--address", "x:1"],
            "address would have no effect without --engine ray",
        ),
        (["--engine", "ray", "--workers", "0"], "workers is 0; it must be from 1 to 10000"),
        (["--engine", "local", "--retries", "101"], "retries is 101; it must be from 0 to 100"),
        (["--engine", "local", "--threads", "0"], "threads is 0; it must be from 1 to 1024"),
        (
            ["--engine", "local", "--threads", "1025", "--dry-run"],
            "threads is 1025; it must be from 1 to 1024",
        ),
        (
            ["--engine", "ray", "--address", ""],
            "address is ''; it must be HOST:PORT, ray://HOST:PORT or auto",
        ),
        (["--output-dir", ""], "--output-dir is ''; name a place, or leave the option out"),
        (
            ["--engine", "ray", "--address", "127.0.0.1"],
            "address is '127.0.0.1'; it must be HOST:PORT, ray://HOST:PORT or auto",
        ),
    ],
)
def test_options_that_are_wrong_are_told_in_a_sentence(sweep, arguments, said):
    ended = sweep(*arguments)
    assert ended.code == 2
    assert ended.err.splitlines()[-1] == f"tempo: {said}"


def test_without_ray_the_sentence_says_how_it_is_installed(sweep, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    ended = sweep("--engine", "ray")
    assert ended.code == 2
    assert ended.err.splitlines()[-1] == (
        "tempo: the engine ray needs Ray, which is not installed here: "
        'pip install "tempo-decoding[ray]"'
    )


@contextmanager
def interrupted(monkeypatch):
    """Press Ctrl-C within every item for a while."""
    made = model_work.ModelWorker.do

    def pressed(worker, payload):
        os.kill(os.getpid(), signal.SIGINT)
        return made(worker, payload)

    with monkeypatch.context() as patched:
        patched.setattr(model_work.ModelWorker, "do", pressed)
        yield


def test_ctrl_c_ends_it_well_and_the_same_command_goes_on(sweep, monkeypatch):
    with interrupted(monkeypatch):
        ended = sweep()
    assert ended.code == 130
    assert ended.err == (
        "tempo: stopped after 1 of 4 results; the same command goes on from here\n"
    )
    assert sweep().code == 0
    assert len(rows("output/grid")) == 4


@pytest.mark.parametrize("spec", [GRID, SEARCH])
def test_ctrl_c_ends_the_work_before_its_engine(sweep, monkeypatch, spec):
    engine = WatchedEngine()
    monkeypatch.setattr(engine_options, "ray_engine", engine.opened)
    with interrupted(monkeypatch):
        assert sweep("--engine", "ray", spec=spec).code == 130
    assert engine.ended == ["work", "engine"]
