import json
from pathlib import Path

import pytest

from tempo.interfaces.cli import engine_loading
from tests.interfaces.scripted_engine import FOREVER, STORY, scripted_engine

ID = {name: index for index, name in enumerate(STORY.vocabulary)}
GARDEN = f"2:{ID[' garden']}"


@pytest.fixture
def kept(scripted, tmp_path):
    """The file of a run over a script; the script stays the model of what follows."""
    path = str(tmp_path / "run.json")
    scripted("--threshold", "0.3", "--save-lattice", path)
    return path


@pytest.fixture
def resume(run, kept):
    return lambda *arguments: run("resume", kept, *arguments)


def test_a_file_goes_on_from_the_candidate_named(resume):
    assert resume("--at", GARDEN).text == " upon a garden.\n"


def test_all_options_of_generate_are_there(resume, tmp_path):
    again = str(tmp_path / "again.json")
    ended = resume(
        *("--at", GARDEN, "--echo", "--format", "all", "--max-steps", "4", "--save-lattice", again)
    )
    assert "Once upon a garden." in ended.text
    assert len(json.loads(Path(again).read_text(encoding="utf-8"))["steps"]) == 4


def test_json_holds_the_committed_steps(resume):
    document = json.loads(resume("--at", GARDEN, "--output-json").text)
    assert document["text"] == " upon a garden."
    assert [len(step["transitions"]) for step in document["lattice"]["steps"]][:3] == [1, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--at", "2"), "--at is '2'; give STEP:TOKEN"),
        (("--at", "-1:3"), "--at is '-1:3'; give STEP:TOKEN"),
        (("--at", "9:1"), "step 9 is not in a lattice of"),
        (("--at", f"1:{ID[' park']}"), "is not among the"),
        (("--at", GARDEN, "--max-steps", "2"), "max_steps is 2 and 3 steps are committed"),
        ((), "Missing option '--at'"),
    ],
)
def test_what_cannot_be_is_one_sentence_before_a_model_is_loaded(
    resume, monkeypatch, arguments, sentence
):
    monkeypatch.setattr(engine_loading, "loaded_engine", None)
    assert sentence in resume(*arguments).sentence


def test_another_model_is_refused(resume, monkeypatch):
    other = scripted_engine(FOREVER)
    monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_, **__: other)
    assert "the model differs" in resume("--at", GARDEN).sentence
