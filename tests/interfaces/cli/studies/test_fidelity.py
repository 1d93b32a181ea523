"""`tempo fidelity` in process, over a script."""

import json
import shlex
import threading

import pytest

from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.studies import fidelity_command
from tests.application.studies.fidelity.contexts import CROSSED
from tests.fakes.backends import BreaksDown
from tests.interfaces.scripted_engine import scripted_engine


@pytest.fixture
def fidelity(run, monkeypatch, tmp_path):
    """Run the command over the crossed script; its prompts file holds P three times."""
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("P\n\nP\nP\n", encoding="utf-8")

    def command(*arguments, script=CROSSED, backend=None, file=prompts):
        engine = scripted_engine(script, backend=backend)
        monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_, **__: engine)
        given = ("--prompts", str(file)) if file else ()
        return run("fidelity", *given, *arguments)

    return command


def section(text, title):
    """The rows of one table."""
    lines = text.splitlines()
    start = lines.index(title) + 3
    end = lines.index("", start)
    return lines[start:end]


def test_the_tables_hold_the_figures_of_every_rule(fidelity):
    text = fidelity(
        "--depth",
        "1-2",
        "--rule",
        "sharpness=1,window=inf",
        "--superposition",
        "path",
        "--superposition",
        "uniform",
    ).text
    assert section(text, "KL(exact || readout), nats") == [
        "path                              0.0000 [0.0000, 0.0000]  0.0428 [0.0428, 0.0428]",
        "uniform                           0.0000 [0.0000, 0.0000]  0.1400 [0.1400, 0.1400]",
        "lineage, sharpness 1, window inf  0.0000 [0.0000, 0.0000]  0.0000 [0.0000, 0.0000]",
    ]
    assert section(text, "KL minus that of the first rule, paired")[1].endswith(
        "+0.0972 [+0.0972, +0.0972]"
    )
    assert section(text, "paths enumerated, mean")[0].split() == ["path", "2.0", "4.0"]
    assert "== threshold 0.1, at most 8 wide, 3 contexts; means" in text


def test_the_first_line_is_the_command_that_gives_the_same_numbers(fidelity, tmp_path):
    file = tmp_path / "two words.txt"
    file.write_text("P\n", encoding="utf-8")
    text = fidelity("--depth", "2", "--readout", "best", "--threshold", "0.2", file=file).text
    assert text.splitlines()[0] == (
        f"tempo fidelity --model embedded --device auto --dtype auto --backend auto "
        f"--prompts '{file}' "
        "--readout best --threshold 0.2 --depth 2 --width 8 --budget 4000 --seed 42"
    )


def test_all_rules_of_an_axis_and_several_thresholds(fidelity):
    text = fidelity(
        "--superposition",
        "all",
        "--readout",
        "all",
        "--depth",
        "2",
        "--threshold",
        "0.1",
        "--threshold",
        "0.5",
    ).text
    assert len(section(text, "total variation")) == 4 * 5
    assert text.count("total variation") == 2


def test_the_four_superpositions_are_the_default(fidelity):
    rows = section(fidelity("--depth", "2").text, "total variation")
    assert [row.split()[0] for row in rows] == ["lineage", "path", "marginal", "uniform"]


def test_contexts_past_the_budget_are_counted_and_named(fidelity):
    text = fidelity("--depth", "1,2", "--budget", "3", "--superposition", "path").text
    assert text.splitlines()[-7:-2] == [
        "left out at threshold 0.1, depth 1, more than 3 paths: 0 of 3 contexts",
        "left out at threshold 0.1, depth 2, more than 3 paths: 3 of 3 contexts",
        "  0: 'P' (4 paths)",
        "  1: 'P' (4 paths)",
        "  2: 'P' (4 paths)",
    ]
    (row,) = section(text, "total variation")
    assert row.split()[-1] == "-"


def test_the_json_file_holds_what_a_rerun_repeats(fidelity, tmp_path):
    documents = []
    for name in ("one.json", "other.json"):
        fidelity("--depth", "2", "--output-json", str(tmp_path / name))
        documents.append((tmp_path / name).read_text(encoding="utf-8"))
    assert documents[0] == documents[1]
    document = json.loads(documents[0])
    assert document["command"].startswith("tempo fidelity --model embedded")
    assert set(document["versions"]) == {
        "python",
        "tempo-decoding",
        "torch",
        "transformers",
        "numpy",
        "scipy",
    }
    assert document["model"]["name"] == "scripted"
    assert len(document["contexts"]) == 3


def test_a_plot_is_drawn(fidelity, tmp_path):
    fidelity("--depth", "1-2", "--plot", str(tmp_path / "kl.png"))
    assert (tmp_path / "kl.png").read_bytes().startswith(b"\x89PNG")


def test_json_lines_are_prompts_too(fidelity, tmp_path):
    file = tmp_path / "prompts.jsonl"
    file.write_text('"P"\n{"prompt": "P"}\n\n{"text": "P"}\n', encoding="utf-8")
    assert "3 contexts" in fidelity("--depth", "1", file=file).text


def test_so_many_prompts_are_drawn(fidelity):
    assert "2 contexts" in fidelity("--depth", "1", "--count", "2").text


REFUSED = {
    "a depth of 0": (["--depth", "0"], "depth is '0'; it must be 1 or more, as 4, 2-6 or 1,3,5"),
    "a depth in words": (["--depth", "two"], "depth is 'two'"),
    "a range backwards": (["--depth", "4-2"], "depth is '4-2'"),
    "an endless range": (["--depth", "1-1000000"], "depth is '1-1000000'"),
    "a budget of 0": (["--budget", "0"], "budget is 0; it must be 1 path or more"),
    "a width of 0": (["--width", "0"], "max_width is 0"),
    "a threshold of 2": (["--threshold", "2"], "selection_threshold is 2.0"),
    "an unknown superposition": (
        ["--superposition", "tree"],
        "superposition is 'tree'; it must be one of lineage, path, marginal, uniform",
    ),
    "an unknown readout": (["--readout", "middle"], "readout is 'middle'"),
    "an unknown setting of a rule": (["--rule", "depth=3"], "a rule cannot set 'depth'"),
    "a window without lineage": (["--superposition", "path", "--window", "1"], "window would"),
    "no prompt drawn": (["--count", "0"], "count is 0; it must be from 1 to 3"),
    "more prompts than there are": (["--count", "4"], "count is 4; it must be from 1 to 3"),
    "a plot of no format": (["--plot", "kl.txt"], "'kl.txt' must end in one of pdf, png, svg"),
    "a plot nowhere": (["--plot", "/no/such/kl.png"], "there is no folder /no/such"),
    "JSON nowhere": (["--output-json", "/no/such/kl.json"], "there is no folder /no/such"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_one_sentence_before_the_model_is_loaded(
    fidelity, monkeypatch, arguments, said
):
    ended = fidelity(*arguments)
    assert said in ended.sentence
    assert ended.out == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.txt", None, "none.txt cannot be read: No such file"),
        ("empty.txt", b"", "empty.txt holds no prompt; give it one a line"),
        ("blank.txt", b"\n \n", "blank.txt holds no prompt"),
        ("latin.txt", b"\xe9t\xe9", "line 1 of the prompts file"),
        ("bad.jsonl", b'"P"\n{"prompt": 3}\n', "line 2 of the prompts file"),
        ("bad.jsonl", b"P\n", "line 1 of the prompts file"),
    ],
)
def test_a_prompts_file_that_cannot_be_used_is_one_sentence(
    fidelity, tmp_path, name, content, said
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert said in fidelity(file=tmp_path / name).sentence


def test_a_broken_line_is_named_with_its_reason(fidelity, tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_bytes(b'"P"\n{"prompt": 3}\n"P"\nnull\n')
    assert fidelity(file=file).sentence == (
        f"line 2 of the prompts file {file} holds no prompt: its 'prompt' is a number; it must be "
        "a string (1 more line is broken); correct it, or go on without such lines by --skip-bad"
    )


def test_broken_lines_are_skipped_and_told_where_asked(fidelity, tmp_path):
    file, told = tmp_path / "bad.jsonl", tmp_path / "told.json"
    file.write_bytes(b'"P"\n{"prompt": 3}\n\n"P"\n\xff\n')
    ended = fidelity("--skip-bad", "--depth", "1", "--output-json", str(told), file=file)
    assert ended.code == 0
    assert "2 contexts" in ended.out
    assert f"--prompts {shlex.quote(str(file))} --skip-bad --threshold" in ended.out.splitlines()[0]
    assert ended.err == (
        f"tempo: skipped 2 of 4 lines of {file}\n"
        "  line 2: its 'prompt' is a number; it must be a string\n"
        "  line 5: it is not UTF-8 text: invalid start byte at byte 0 of the line\n"
    )
    lines = json.loads(told.read_text(encoding="utf-8"))["skipped_lines"]
    assert [line["line"] for line in lines] == [2, 5]


def test_a_file_of_broken_lines_alone_holds_no_prompt(fidelity, tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_bytes(b"1\n2\n")
    assert fidelity("--skip-bad", file=file).sentence.endswith(
        "holds no prompt: all 2 of its lines are broken; give it one a line"
    )


def test_skipping_without_a_file_would_have_no_effect(fidelity):
    assert fidelity("--skip-bad", file=None).sentence == (
        "skip-bad would have no effect: it needs prompts, a file"
    )


def test_of_many_skipped_lines_the_first_are_told(fidelity, tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_bytes(b'"P"\n' + b"1\n" * 7)
    lines = fidelity("--skip-bad", "--depth", "1", file=file).err.splitlines()
    assert (len(lines), lines[-1]) == (7, "  and 2 more")


def test_stopping_keeps_and_reports_what_was_measured(fidelity, monkeypatch, tmp_path):
    """The flag is up while the first context is measured."""
    flag = threading.Event()
    flag.set()

    class Stopped:
        def __enter__(self):
            return flag

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(fidelity_command, "stop_on_interrupt", Stopped)
    ended = fidelity("--depth", "1", "--output-json", str(tmp_path / "kl.json"))
    assert ended.code == 130
    assert "1 contexts (stopped, 3 asked for)" in ended.out
    document = json.loads((tmp_path / "kl.json").read_text(encoding="utf-8"))
    assert (len(document["contexts"]), document["settings"]["prompts"]) == (1, 3)


def test_a_model_that_breaks_down_is_one_sentence(fidelity):
    backend = BreaksDown(ScriptedBackend(CROSSED), healthy=1)
    assert "not finite" in fidelity("--depth", "2", backend=backend).sentence
