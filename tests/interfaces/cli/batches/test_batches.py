"""`tempo generate` over many prompts and many thresholds, in process, printed and kept whole."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from tempo.application.batches.run import BatchRun
from tests.interfaces.cli.conftest import run, scripted, tiny_model  # noqa: F401 - fixtures

PROMPTS = """\
{"prompt": "Once", "id": "a"}
not json

{"prompt": "Once upon", "settings": {"max_steps": 2}}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in, with a file of prompts."""
    monkeypatch.chdir(tmp_path)
    Path("prompts.jsonl").write_text(PROMPTS)
    return tmp_path


@pytest.fixture
def batch(here, scripted):  # noqa: F811 - the fixture
    def command(*arguments, prompt=None, **options):
        file = () if prompt else ("--prompt-file", "prompts.jsonl")
        return scripted(*file, *arguments, prompt=prompt, **options)

    return command


def kept(folder):
    return [json.loads(line) for line in (Path(folder) / "results.jsonl").read_text().splitlines()]


def test_many_prompts_give_a_line_each_and_say_where_and_what_failed(batch):
    ended = batch()
    assert ended.code == 1
    assert ended.out == (
        "tempo: 3 results are in output/prompts/results.jsonl; run.json beside it says how they "
        "were made\n"
    )
    assert ended.err == (
        "tempo: 1 of 3 results failed\n"
        "  line 2: it is no JSON (Expecting value: line 1 column 1 (char 0)); it must be a JSON "
        "string, or an object with 'prompt' or 'text'\n"
    )
    assert [(line["index"], line["line"], line.get("text")) for line in kept("output/prompts")] == [
        (0, 1, " upon a park."),
        (1, 2, None),
        (2, 4, " a park"),
    ]


def test_the_same_command_again_goes_on_and_another_is_refused(batch):
    batch("--max-steps", "3")
    whole = Path("output/prompts/results.jsonl").read_bytes()
    again = batch("--max-steps", "3")
    assert again.out == (
        "tempo: 3 results are in output/prompts/results.jsonl, 3 of them from before; run.json "
        "beside it says how they were made\n"
    )
    assert batch("--max-steps", "4", "--n-best", "2").sentence == (
        "output/prompts/run.json is of another batch (other n_best, max_steps); name another "
        "folder by --output-dir, or give what it was begun with to go on"
    )
    assert Path("output/prompts/results.jsonl").read_bytes() == whole


def test_a_folder_that_another_process_writes_to_is_left_alone(batch):
    held = (
        "from tempo.infrastructure.storage.lone_writer import alone_in\n"
        "with alone_in('output/prompts'): print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        assert batch().sentence == (
            "another process is writing to output/prompts; wait until it has ended, or name "
            "another folder by --output-dir"
        )
        assert not Path("output/prompts/run.json").exists()
        other.kill()
    assert len(batch().out.splitlines()) == len(kept("output/prompts")) - 2 == 1


def test_other_prompts_in_the_same_folder_are_refused(batch):
    batch()
    with Path("prompts.jsonl").open("a") as file:
        file.write('"Once"\n')
    assert "is of another batch (other prompts)" in batch().sentence


def test_lines_are_printed_instead_where_no_folder_is_named(batch):
    ended = batch("--output-json")
    assert ended.code == 1
    assert [json.loads(line).get("text") for line in ended.out.splitlines()] == [
        " upon a park.",
        None,
        " a park",
    ]
    assert not Path("output").exists()
    both = batch("--output-json", "--output-dir", "there")
    assert both.out == ended.out == Path("there/results.jsonl").read_text()
    assert both.err.endswith(
        "tempo: 3 results are in there/results.jsonl; run.json beside it says how they were made\n"
    )


def test_lines_come_from_standard_input_too(batch, monkeypatch):
    for content, code in ((b'"Once"\n', 0), (b"\n", 2)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        ended = batch("--prompt-file", "-", "--output-dir", "piped")
        assert ended.code == code
    assert ended.sentence == "standard input holds no prompt; give it one a line"
    assert [line["text"] for line in kept("piped")] == [" upon a park."]


def test_one_prompt_under_several_thresholds_is_a_table(batch):
    ended = batch("--thresholds", "0.1,0.5", prompt="Once")
    *table, where = ended.text.splitlines()
    assert table == [
        "threshold  width  log-prob  per token  rows  text",
        "---------  -----  --------  ---------  ----  ----",
        "0.1         1.20    -0.511     -0.102     6   upon a park.",
        "0.5         1.00    -0.511     -0.102     5   upon a park.",
    ]
    (folder,) = Path("output").iterdir()
    assert where == (
        f"tempo: 2 results are in {folder}/results.jsonl; run.json beside it says how they were "
        "made"
    )
    assert [line["threshold"] for line in kept(folder)] == [0.1, 0.5]
    assert batch("--thresholds", "0.1,0.4", prompt="Once").code == 0
    assert len(list(Path("output").iterdir())) == 2


def test_a_threshold_that_fails_is_named_beside_its_line(batch):
    Path("prompts.jsonl").write_text('{"prompt": "Once", "settings": {"threshold": 0.3}}')
    assert batch("--thresholds", "0.1,0.5").err == (
        "tempo: 2 of 2 results failed\n"
        "  line 1, threshold 0.1: thresholds and selection_threshold 0.3 exclude each other; "
        "leave one of them out\n"
        "  line 1, threshold 0.5: thresholds and selection_threshold 0.3 exclude each other; "
        "leave one of them out\n"
    )


def test_of_many_failures_the_first_are_told(batch):
    Path("prompts.jsonl").write_text("broken\n" * 23)
    told = batch().err.splitlines()
    assert told[0] == "tempo: 23 of 23 results failed"
    assert len(told) == 22
    assert told[-1] == "  and 3 more, each with its reason in output/prompts/results.jsonl"


def test_one_prompt_with_a_folder_prints_its_text(batch):
    ended = batch("--output-dir", "one", prompt="Once")
    assert (ended.code, ended.out) == (0, " upon a park.\n")
    assert ended.err == (
        "tempo: 1 result is in one/results.jsonl; run.json beside it says how they were made\n"
    )
    (line,) = kept("one")
    assert (line["line"], line["text"]) == (None, " upon a park.")


def test_run_json_is_enough_to_repeat_the_run(batch):
    batch("--thresholds", "0.1,0.5", "--n-best", "2", "--max-steps", "9", "--no-relative-attention",
          "--retroactive-pruning", "attention", "--sample", "1", "--seed", "7",
          "--output-dir", "one")  # fmt: skip
    told = json.loads(Path("one/run.json").read_text())
    assert (told["format"], told["version"]) == ("tempo batch", 1)
    assert told["command"] == (
        "tempo generate --prompt-file prompts.jsonl --thresholds 0.1,0.5 --batch-size 8 --n-best 2 "
        "--sample 1 --model embedded --device auto --dtype auto --backend auto --max-steps 9 "
        "--retroactive-pruning attention --no-relative-attention --seed 7"
    )
    asked = told["asked"]
    assert (asked["thresholds"], asked["n_best"], asked["batch_size"]) == ([0.1, 0.5], 2, 8)
    assert (asked["settings"]["max_steps"], asked["settings"]["relative_attention"]) == (9, False)
    assert "selection_threshold" not in asked["settings"]
    assert {"fingerprint", "tokenizer_fingerprint", "dtype", "device"} <= told["model"].keys()
    assert {"python", "torch", "transformers", "tempo-decoding"} <= told["versions"].keys()
    assert {"system", "processor", "threads"} <= told["environment"].keys()
    words = told["command"].split()
    assert batch(*words[4:], "--output-dir", "two").code == 1
    for name in ("results.jsonl", "run.json"):
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()


def test_the_prompt_alone_stands_last_in_the_command(batch):
    batch("--output-dir", "one", prompt="Once upon")
    command = json.loads(Path("one/run.json").read_text())["command"]
    assert command.endswith(" --backend auto -- 'Once upon'")


def test_lattices_of_many_prompts_go_into_a_folder(batch, run):  # noqa: F811 - the fixture
    batch("--save-lattice", "lattices")
    assert sorted(one.name for one in Path("lattices").iterdir()) == ["000000.json", "000002.json"]
    assert [line.get("lattice") for line in kept("output/prompts")] == [
        "000000.json",
        None,
        "000002.json",
    ]
    assert run("show", "lattices/000002.json").text == " a park\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--thresholds", "0.1", "--threshold", "0.1"), "thresholds and selection_threshold 0.1"),
        (("--thresholds", "a"), "thresholds is 'a'; give numbers in [0, 1] with commas"),
        (("--thresholds", "0.1,0.1"), "thresholds is 0.1,0.1; name each of them once"),
        (("--thresholds", "2"), "selection_threshold is 2.0; it must be in [0, 1]"),
        (("--batch-size", "0"), "batch_size is 0; it must be from 1 to 32"),
        (("--echo",), "echo would have no effect: results that are kept line by line"),
        (("--format", "raw"), "format would have no effect"),
        (("--show-token-ids",), "show_token_ids would have no effect"),
        (("-v",), "verbose would have no effect"),
        (("--json-output-file", "x"), "json_output_file would have no effect"),
        (("--output-dir", ""), "--output-dir is ''; name a place, or leave the option out"),
        (("--save-lattice", ""), "--save-lattice is ''; name a place, or leave the option out"),
        (("--log-file", ""), "--log-file is ''; name a place, or leave the option out"),
        (("--profile",), "kept line by line come of runs that share their passes: ask it of one"),
        (("--max-memory-gb", "9"), "max_memory_gb would have no effect"),
        (("--n-best", "0"), "n_best is 0; it must be 1 or more"),
        (("--seed", "3"), "seed would have no effect"),
        (("--max-steps", "0"), "max_steps is 0; it must be"),
        (("--prompt", " "), "several prompts were given; use one of PROMPT, --prompt and"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_left(batch, arguments, sentence):
    assert sentence in batch(*arguments).sentence
    assert [one.name for one in Path().iterdir()] == ["prompts.jsonl"]


def test_an_empty_prompt_is_refused_with_a_folder_too(batch):
    ended = batch("--output-dir", "one", prompt=" ")
    assert ended.sentence == "the prompt is empty; give it some text"


def test_a_batch_size_needs_many_results(batch):
    for options in ((), ("--output-dir", "one")):
        assert batch("--batch-size", "2", *options, prompt="Once").sentence == (
            "batch_size would have no effect on one result; it needs --thresholds, or many prompts "
            "in --prompt-file FILE.jsonl"
        )
    assert batch("--batch-size", "2", "--thresholds", "0.1", prompt="Once").code == 0


# Broken off --------------------------------------------------------------------------------------


def test_ctrl_c_ends_after_the_batch_under_way_and_the_same_command_goes_on(batch, monkeypatch):
    Path("prompts.jsonl").write_text('"Once"\n' * 5)
    decode = BatchRun.run

    def interrupted(*given):
        for number, lines in enumerate(decode(*given)):
            if number == 1:
                os.kill(os.getpid(), signal.SIGINT)
            yield lines

    monkeypatch.setattr(BatchRun, "run", interrupted)
    ended = batch("--batch-size", "2")
    assert (ended.code, ended.err) == (
        130,
        "tempo: stopped after 4 of 5 results; the same command goes on from here\n",
    )
    assert len(kept("output/prompts")) == 4
    monkeypatch.setattr(BatchRun, "run", decode)
    assert batch("--batch-size", "2").text.startswith(
        "tempo: 5 results are in output/prompts/results.jsonl, 4 of them from before; "
    )


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_how_far_it_is_and_a_pipe_does_not(batch, monkeypatch):
    Path("prompts.jsonl").write_text('"Once"\n' * 3)
    assert batch("--output-dir", "a").err == ""
    errors = Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    assert batch("--output-dir", "b").code == 0
    assert "results" in errors.getvalue()
    assert "3/3" in errors.getvalue()


@pytest.mark.integration
def test_a_killed_batch_of_a_model_ends_with_the_bytes_of_an_unbroken_one(here, run, tiny_model):  # noqa: F811
    """Killed without warning between any two lines; rounding meets the same company again."""
    prompts = ("ab", "the fox", "c", "dd ee", "f", "no", "why", "who knows", "x", "zz")
    Path("prompts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in prompts))
    words = ["generate", "--prompt-file", "prompts.jsonl", "--model", tiny_model, "--device",
             "cpu", "--max-steps", "20", "--threshold", "0.01", "--batch-size", "3"]  # fmt: skip
    child = subprocess.Popen([sys.executable, "-m", "tempo", *words, "--output-dir", "broken"])
    try:
        results, limit = here / "broken" / "results.jsonl", monotonic() + 120
        while not (results.exists() and results.stat().st_size) and monotonic() < limit:
            sleep(0.005)
    finally:
        child.kill()
        child.wait()
    left = results.read_bytes()
    assert left
    assert run(*words, "--output-dir", "broken").code == 0
    assert run(*words, "--output-dir", "whole").code == 0
    whole = Path("whole/results.jsonl").read_bytes()
    assert results.read_bytes() == whole
    assert whole.startswith(left[: left.rfind(b"\n") + 1])
    assert len(whole.splitlines()) == len(prompts)
    for name in ("broken", "whole"):
        told = json.loads(Path(name, "run.json").read_text())
        del told["environment"]
        assert told["asked"]["batch_size"] == 3
