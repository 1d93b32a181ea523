"""`tempo experiment list` and `tempo experiment run`."""

import json
import re
import runpy
import sys
import tomllib
from pathlib import Path

import pytest
from dependency_injector import providers

from tempo.application.studies.ambiguity.measuring import ContextMeasurement
from tempo.application.studies.tasks.catalogue import Task
from tempo.infrastructure.documents import experiments
from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.studies import ambiguity_command
from tests.application.studies.ambiguity.contexts import ITEMS, TWO_WAYS
from tests.fakes.mixed_inputs import ScriptedInputs
from tests.interfaces.scripted_engine import scripted_engine

FOLDERS = sorted(file.parent for file in Path(__file__).parents[4].glob("experiments/*/README.md"))
SMALL = ("--count", "2", "--depth", "2", "--weight", "0.5")
CONFIG = """
about = "Two words"
time = "no time"

[[runs]]
name = "first"
command = "experiment ambiguity"
options = { count = 2, depth = [1, 2], weight = 0.5 }

[[runs]]
name = "second"
command = "experiment ambiguity"
options = { count = 2, depth = 1, weight = 0.9 }
"""


def named(folder):
    return {file.name for file in folder.iterdir()}


@pytest.fixture
def scripted(monkeypatch):
    """Let the study of ambiguity run over a script with two contexts."""

    def engine(*_, **__):
        made = scripted_engine(TWO_WAYS)
        made.container.mixed_inputs.override(providers.Object(ScriptedInputs(TWO_WAYS)))
        return made

    monkeypatch.setattr(engine_loading, "loaded_engine", engine)
    task = Task("ambiguity", "", lambda draw: draw.one(ITEMS))
    monkeypatch.setattr(ambiguity_command, "task_of", lambda _: task)


def test_the_list_names_every_folder_with_what_it_asks(run):
    told = run("experiment", "list").text
    names = re.findall(r"^(\S+)", told, flags=re.MULTILINE)
    assert names == [folder.name for folder in FOLDERS]
    for one in experiments():
        assert one.about in told


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_experiment_has_its_files_and_its_line_in_the_log(folder):
    assert {"config.toml", "run.py", "README.md"} <= named(folder)
    log = (folder.parent / "LOG.md").read_text(encoding="utf-8")
    assert log.count(f"| [{folder.name}]({folder.name}/README.md) |") == 1


@pytest.mark.parametrize("one", experiments(), ids=lambda one: one.name)
def test_the_commands_of_an_experiment_are_commands(run, one):
    shown = run("experiment", "run", one.name, "--dry-run", "--model", "M").text.splitlines()
    assert len(shown) == len(one.runs)
    for line, command in zip(shown, one.runs, strict=True):
        assert " --model M --output-dir output/" in line
        known = run(*command.command, "--help").text
        for name in command.options:
            assert f"--{name.replace('_', '-')} " in known


@pytest.mark.usefixtures("scripted")
def test_a_study_is_repeated_in_a_folder_and_goes_on_from_it(run, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    config = tmp_path / "mine" / "config.toml"
    config.write_text(CONFIG, encoding="utf-8")
    place = tmp_path / "results"
    ended = run("experiment", "run", str(config), "--output-dir", str(place), "--seed", "7")
    assert ended.text.count("== 2 contexts") == 2
    assert named(place) == {"first", "second"}
    files = {"ambiguity.json", "ambiguity.png", "ambiguity.txt", "found.jsonl"}
    assert named(place / "first") == files
    assert "--seed 7" in json.loads((place / "first" / "ambiguity.json").read_text())["command"]
    assert len((place / "first" / "found.jsonl").read_text().splitlines()) == 3
    kept = (place / "first" / "ambiguity.json").read_bytes()
    monkeypatch.setattr(ContextMeasurement, "run", None)  # what is on disk is not measured again
    again = run("experiment", "run", str(config), "--output-dir", str(place), "--seed", "7")
    assert again.text.count("== 2 contexts") == 2
    assert (place / "first" / "ambiguity.json").read_bytes() == kept


@pytest.mark.usefixtures("scripted")
def test_a_folder_of_another_study_is_refused(run, tmp_path):
    place = str(tmp_path / "results")
    run("experiment", "ambiguity", *SMALL, "--output-dir", place)
    sentence = run("experiment", "ambiguity", *SMALL, "--seed", "9", "--output-dir", place).sentence
    assert sentence.endswith(
        "found.jsonl holds another study (other command); name another folder, "
        "or give the settings with which it was begun to go on"
    )


def test_an_unknown_study_is_told_with_the_nearest_known_one(run):
    assert run("experiment", "run", "ambigity").sentence == (
        "there is no study 'ambigity'; it is one of "
        f"{', '.join(folder.name for folder in FOLDERS)}; did you mean ambiguity?"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("about = ", "describes no experiment: it is no TOML"),
        ('about = "a"\ntime = "b"\nruns = []', "has the runs none; give at least one"),
        ('about = "a"\ntime = "b"\nrun = []', "describes no experiment: runs: Field required"),
        (CONFIG.replace("second", "first"), "has the runs first, first; give at least one"),
    ],
)
def test_a_broken_config_is_refused_with_the_reason(run, tmp_path, text, said):
    config = tmp_path / "config.toml"
    config.write_text(text, encoding="utf-8")
    assert said in run("experiment", "run", str(config)).sentence


def test_the_script_beside_a_config_repeats_its_study(monkeypatch, capsys):
    folder = next(folder for folder in FOLDERS if folder.name == "ambiguity")
    monkeypatch.setattr(sys, "argv", ["run.py", "--dry-run", "--count", "3"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(folder / "run.py"), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == (
        "tempo experiment ambiguity --count 120 --rule window=inf --count 3 "
        "--output-dir output/ambiguity\n"
    )


def test_a_wheel_carries_every_config():
    project = tomllib.loads((FOLDERS[0].parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert carried == {
        f"experiments/{folder.name}/config.toml": f"tempo/experiments/{folder.name}/config.toml"
        for folder in FOLDERS
    }
