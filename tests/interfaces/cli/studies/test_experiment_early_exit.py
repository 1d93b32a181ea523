"""`tempo experiment early-exit` in process, over a tiny model."""

import json

import pytest

from tempo.interfaces.cli.studies import early_exit_command

TEXTS = ("one two", "three four", "five six", "seven eight")
SMALL = ("--calibration", "2", "--steps", "3", "--layer", "1", "--criterion", "margin")


@pytest.fixture
def early_exit(run, tiny_model, tmp_path):
    prompts = tmp_path / "texts.txt"
    prompts.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")

    def command(*arguments):
        given = ("--model", tiny_model, "--backend", "fused", "--prompts", str(prompts))
        return run("experiment", "early-exit", *given, *arguments)

    return command


def test_the_tables_hold_every_rule(early_exit):
    ended = early_exit(*SMALL, "--level", "0.01", "--set-texts", "1")
    assert ended.code == 0, ended
    lines = ended.out.splitlines()
    assert lines[0].endswith(
        "--calibration 2 --layer 1 --criterion margin --level 0.01 --steps 3 "
        "--set-threshold 0.1 --set-width 8 --set-texts 1 --seed 42"
    )
    assert (
        "== 2 texts to calibrate on, 2 to measure on; "
        "means with 95 % bootstrap intervals over texts" in lines
    )
    for title in early_exit_command_titles():
        start = lines.index(f"-- {title}")
        assert lines[start + 2].split()[:3] == ["rule", "exits", "at"]
        assert lines[start + 4].startswith("margin, 0.01")
    start = lines.index("-- share of rows that leave after each layer")
    assert lines[start + 2].split() == ["rule", "1", "2"]
    assert "-- the text that a rule writes by itself, beside that of the full model" in lines


def early_exit_command_titles():
    return (
        "greedy text, exits at all exit layers",
        "greedy text, exits where the fewest weights are read",
        "parallel sets, each row leaves by itself",
        "parallel sets, a set leaves by its slowest row",
    )


def test_a_folder_keeps_numbers_and_a_figure_and_is_gone_on_from(early_exit, tmp_path, monkeypatch):
    place = tmp_path / "results"
    ended = early_exit(*SMALL, "--level", "0.5", "--output-dir", str(place))
    assert ended.code == 0, ended
    assert {file.name for file in place.iterdir()} == {
        "early-exit.json", "early-exit.png", "early-exit.txt", "found.jsonl",
    }  # fmt: skip
    document = json.loads((place / "early-exit.json").read_text(encoding="utf-8"))
    assert (document["format"], document["measured"]) == ("tempo early exit study", 2)
    assert document["settings"]["layers"] == [1]
    assert (place / "early-exit.png").read_bytes().startswith(b"\x89PNG")
    again = early_exit(*SMALL, "--level", "0.5", "--output-dir", str(place))
    assert json.loads((place / "early-exit.json").read_text(encoding="utf-8")) == document
    assert again.out.splitlines()[:-2] == ended.out.splitlines()[:-2]  # but for the time it took


def test_a_study_that_is_stopped_before_it_measured_tells_nothing(early_exit, monkeypatch):
    def stopped(found, *_):
        return (next(iter(found)),)

    monkeypatch.setattr(early_exit_command, "measured", stopped)
    ended = early_exit(*SMALL)
    assert (ended.code, ended.out) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--layer", "3"), "exit layer 3 does not exist; the model has layers 1 to 2"),
        (("--fraction", "1.5"), "exit fraction is 1.5; it must be above 0 and at most 1"),
        (("--level", "95"), "level is 95.0; it must be above 0 and at most 1"),
        (("--set-texts", "0"), "set_texts is 0; it must be 1 or more"),
        (
            ("--calibration", "4"),
            "calibration is 4 and there are 4 texts; it must leave at least one to measure on",
        ),
        (("--plot", "x.gif"), "must end in one of pdf, png, svg"),
        (("--backend", "transformers"), "is not decoded by them; take device cpu, backend fused"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(early_exit, arguments, said):
    ended = early_exit("--calibration", "2", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err.splitlines()[-1]
