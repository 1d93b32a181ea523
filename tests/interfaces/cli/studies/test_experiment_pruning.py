"""`tempo experiment pruning` in process, over a script."""

import json
import threading

import pytest

from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.studies import pruning_command
from tests.application.studies.pruning.contexts import MET
from tests.interfaces.scripted_engine import scripted_engine

QUICK = ("--sets", "3", "--lag", "2", "--text-steps", "0")


@pytest.fixture
def pruning(run, monkeypatch, tmp_path):
    """Run the command over a script; its prompts file holds P three times."""
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("P\n\nP\nP\n", encoding="utf-8")

    def command(*arguments, file=prompts):
        engine = scripted_engine(MET)
        monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_, **__: engine)
        return run("experiment", "pruning", "--prompts", str(file), *arguments)

    return command


def section(text, title):
    """The rows of the first table with a title."""
    lines = text.splitlines()
    start = lines.index(title) + 3
    return lines[start : lines.index("", start)]


def test_the_tables_hold_every_score_under_every_superposition(pruning):
    text = pruning(*QUICK, "--superposition", "path", "--superposition", "uniform").text
    rows = section(text, "the score's best is the truly best candidate (share of sets)")
    assert rows[0].split() == ["posterior", *["1.000", "[1.000,", "1.000]"] * 2]
    assert rows[1].split() == [
        "attention",
        "0.000",
        "[0.000,",
        "0.000]",
        "0.500",
        "[0.500,",
        "0.500]",
    ]
    assert [row.split("  ")[0] for row in rows] == [
        "posterior",
        "attention",
        "attention, last three layers",
        "attention, rows alike",
        "attention, next rows only",
        "chains",
        "probability",
        "chance",
    ]
    kept = section(text, "the rule keeps the truly best candidate, at its default thresholds")
    assert [row.split("  ")[0] for row in kept] == [
        "posterior",
        "attention",
        "attention, last three layers",
    ]
    assert "-- lag 2, sets of 2+ candidates: path 3, uniform 3" in text
    assert "left out at lag 2, more than 4000 paths: path 0, uniform 0" in text


def test_a_size_of_which_there_is_no_set_has_no_tables(pruning):
    text = pruning(*QUICK).text
    assert "-- lag 2, sets of 3 candidates: lineage 0, path 0, marginal 0, uniform 0" in text
    assert text.count("Spearman") == 1


def test_the_first_line_is_the_command_that_gives_the_same_numbers(pruning, tmp_path):
    file = tmp_path / "two words.txt"
    file.write_text("P\n", encoding="utf-8")
    options = ("--superposition", "path", "--lag", "2", "--sets", "3", "--text-steps", "2")
    text = pruning(*options, "--text-count", "1", file=file).text
    assert text.splitlines()[0] == (
        f"tempo experiment pruning --model embedded --device auto --dtype auto --backend auto "
        f"--prompts '{file}' "
        "--superposition path --lag 2 --sets 3 --threshold 0.05 --width 8 --budget 4000 "
        "--text-count 1 --text-steps 2 --seed 42"
    )


def test_texts_stand_beside_the_rows_that_they_took(pruning):
    text = pruning("--sets", "3", "--lag", "2", "--text-steps", "4", "--text-count", "2").text
    title = (
        "-- texts of 4 tokens under path, threshold 0.05, 2 contexts: the best of 8 rescored, and "
        "the output's cache rows"
    )
    rows = section(text, title)
    assert len(rows) == 7
    assert rows[0].startswith("none")
    assert rows[0].split()[4:7] == ["+0.0000", "[+0.0000,", "+0.0000]"]


def test_the_json_file_and_the_plot_are_written(pruning, tmp_path):
    documents = []
    for name in ("one.json", "other.json"):
        plot = tmp_path / "scores.png"
        pruning(*QUICK, "--output-json", str(tmp_path / name), "--plot", str(plot))
        documents.append((tmp_path / name).read_text(encoding="utf-8"))
        assert plot.read_bytes().startswith(b"\x89PNG")
    assert documents[0] == documents[1]
    document = json.loads(documents[0])
    assert document["command"].startswith("tempo experiment pruning --model embedded")
    assert document["model"]["name"] == "scripted"
    assert len(document["contexts"]) == 3


def test_so_many_prompts_are_drawn(pruning):
    assert "== 2 contexts," in pruning(*QUICK, "--count", "2").text


REFUSED = {
    "a lag of 1": (["--lag", "1"], "lag is 1; it must be 2 or more"),
    "fewer sets than a lag": (["--sets", "5"], "sets is 5; it must be more than the largest lag"),
    "an unknown superposition": (["--superposition", "tree"], "superposition is 'tree'"),
    "a budget of 0": (["--budget", "0"], "budget is 0"),
    "a threshold of 2": (["--threshold", "2"], "selection_threshold is 2.0"),
    "one text step": (["--text-steps", "1"], "text steps are 1"),
    "no prompt drawn": (["--count", "0"], "count is 0; it must be from 1 to 3"),
    "no text": (["--text-count", "0"], "text prompts are 0"),
    "a plot of no format": (["--plot", "a.txt"], "'a.txt' must end in one of pdf, png, svg"),
    "JSON nowhere": (["--output-json", "/no/such/a.json"], "there is no folder /no/such"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_one_sentence_before_the_model_is_loaded(pruning, arguments, said):
    ended = pruning(*arguments)
    assert said in ended.sentence
    assert ended.out == ""


def test_stopping_keeps_and_reports_what_was_measured(pruning, monkeypatch):
    flag = threading.Event()
    flag.set()

    class Stopped:
        def __enter__(self):
            return flag

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(pruning_command, "stop_on_interrupt", Stopped)
    ended = pruning(*QUICK)
    assert ended.code == 130
    assert "== 1 contexts (stopped, 3 asked for), 3 sets each" in ended.out
