"""`tempo experiment mcts` in process, over scripts."""

import json

import pytest

from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.studies import mcts_command
from tests.interfaces.scripted_engine import STORY, scripted_engine

BRACKETS = ("--task", "brackets", "--count", "3", "--steps", "10", "--budget", "30")


@pytest.fixture
def mcts(run, monkeypatch):
    """Run the command over a script with two openings."""

    def command(*arguments):
        monkeypatch.setattr(
            engine_loading, "loaded_engine", lambda *_, **__: scripted_engine(STORY)
        )
        monkeypatch.setattr(mcts_command, "story_openings", lambda: ("Once", "Once upon"))
        return run("experiment", "mcts", *arguments)

    return command


def test_the_tables_hold_every_method_at_every_budget(mcts):
    lines = mcts(*BRACKETS, "--budget", "20").text.splitlines()
    assert lines[0] == (
        "tempo experiment mcts --task brackets --count 3 --steps 10 --budget 20 --budget 30 "
        "--simulations 10 --depth 8 --c-puct 1.0 --threshold 0.02 --seed 42 --model embedded "
        "--device auto --dtype auto --backend auto"
    )
    assert "== brackets: 3 tasks; means with 95 % bootstrap intervals" in lines
    title = lines.index("share of tasks with a text as asked")
    assert lines[title + 1].split() == ["method", "20", "rows", "30", "rows"]
    assert [line.split("  ")[0] for line in lines[title + 3 : title + 7]] == [
        "mcts",
        "best of n",
        "best of n, kept sets",
        "beam",
    ]
    ahead = lines.index("share of the search less that of the method, paired")
    assert [line.split("  ")[0] for line in lines[ahead + 3 : ahead + 6]] == [
        "best of n",
        "best of n, kept sets",
        "beam",
    ]
    assert any(line.startswith("rows per simulation") for line in lines)


def test_stories_are_asked_of_the_model(mcts):
    told = mcts("--count", "2", "--steps", "5", "--budget", "10").text
    assert "== stories: 2 tasks; means" in told


def test_a_folder_holds_the_report_and_is_gone_on_from(mcts, tmp_path, monkeypatch):
    place = ("--output-dir", str(tmp_path))
    first = mcts(*BRACKETS, *place).text
    document = (tmp_path / "mcts.json").read_text(encoding="utf-8")
    assert json.loads(document)["items"] == 3
    assert (tmp_path / "mcts.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(mcts_command.SearchStudy, "_item", None)  # nothing is tried again
    again = mcts(*BRACKETS, *place).text
    assert again.splitlines()[:-1] == first.splitlines()[:-1]
    assert (tmp_path / "mcts.json").read_text(encoding="utf-8") == document


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--count", "0"), "count is 0; it must be from 1 to 2, the openings there are"),
        (("--steps", "1"), "steps is 1; it must be 2 or more"),
        (("--budget", "10"), "budget is 10; it must be 40 or more, a row for each step"),
        (("--threshold", "2"), "threshold is 2.0; it must be in [0, 1]"),
        (("--depth", "0"), "depth is 0; it must be 1 or more"),
    ],
)
def test_a_wrong_value_is_one_sentence(mcts, arguments, said):
    assert mcts(*arguments).sentence == said
