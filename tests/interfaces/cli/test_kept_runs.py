"""`tempo generate --save-lattice`, `tempo show` and `tempo replay`, printed whole."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.fakes.backends import BreaksDown
from tests.interfaces.scripted_engine import FOREVER, STORY, scripted_engine


@pytest.fixture
def kept(scripted, tmp_path):
    path = tmp_path / "run.json"
    assert scripted("--save-lattice", str(path)).text == " upon a park.\n"
    return str(path)


def altered(path, change):
    data = json.loads(Path(path).read_text())
    change(data)
    Path(path).write_text(json.dumps(data))


# Saving -----------------------------------------------------------------------------------------


def test_the_saved_lattice_is_that_of_the_json_document(scripted, kept):
    printed = json.loads(scripted("--output-json").text)
    assert json.loads(Path(kept).read_text()) == printed["lattice"]


@pytest.mark.parametrize("place", ["missing/run.json", ".", "", "~nobody-of-this-name/run.json"])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    scripted, tmp_path, monkeypatch, place
):
    monkeypatch.chdir(tmp_path)
    ended = scripted("--save-lattice", place)
    assert "cannot be written" in ended.sentence
    assert ended.out == ""
    assert list(tmp_path.iterdir()) == []


def test_two_outputs_are_two_files(scripted, tmp_path):
    path = str(tmp_path / "run.json")
    ended = scripted("--save-lattice", path, "--json-output-file", path)
    assert ended.sentence.startswith("--json-output-file and --save-lattice are both ")


def test_what_was_decoded_before_a_failure_is_saved(scripted, run, tmp_path):
    path = str(tmp_path / "run.json")
    ended = scripted("--save-lattice", path, backend=BreaksDown(ScriptedBackend(STORY), healthy=2))
    assert ended.code == 2
    assert run("show", path).text == " upon a\n"
    assert "ended: error" in run("show", path, "--format", "all").text
    assert run("replay", path).code == 0


# Showing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((), " upon a park.\n"),
        (("--echo",), "Once upon a park.\n"),
        (("--format", "bracketed"), " upon a [park/garden].\n"),
        (("--format", "raw"), " upon a park garden.\n"),
        (("--show-token-ids",), None),
    ],
)
def test_a_kept_run_is_shown_as_it_was_printed(scripted, run, kept, options, text):
    shown = run("show", kept, *options).text
    assert shown == scripted(*options).text
    assert text in {None, shown}


def test_all_of_it_is_this(run, kept):
    assert run("show", kept, "--format", "all", "--steps").text == (
        "best text:\n"
        " upon a park.\n"
        "\n"
        "bracketed:\n"
        " upon a [park/garden].\n"
        "\n"
        "2 best paths:\n"
        "1\t-0.5108\t-0.1022\t upon a park.\n"
        "2\t-0.9163\t-0.1833\t upon a garden.\n"
        "\n"
        "steps:\n"
        "step\tentropy\twidth\tkept mass\tposterior\ttokens\n"
        "0\t0.000\t1\t1.000\t1.000\t*' upon' 1.000\n"
        "1\t0.000\t1\t1.000\t1.000\t*' a' 1.000\n"
        "2\t0.673\t2\t1.000\t0.600\t*' park' 0.600 ' garden' 0.400\n"
        "3\t0.000\t1\t1.000\t1.000\t*'.' 1.000\n"
        "4\t0.000\t1\t1.000\t1.000\t*'' 1.000\n"
        "\n"
        "run:\n"
        f"model: scripted (scripted, float64 on cpu), fingerprint {STORY.fingerprint[:12]}\n"
        "5 steps · width 1.2 mean, 2 max · kept mass 1.000 a step, 1 in all\n"
        "ended: end_of_text, finished mass 1.000\n"
    )


def test_so_many_best_paths_are_printed(run, kept):
    assert run("show", kept, "--n-best", "1").text == (
        " upon a park.\n\n1 best path:\n1\t-0.5108\t-0.1022\t upon a park.\n"
    )


def test_exact_scores_are_told_of_a_run_whose_rows_saw_their_chains(scripted, run, tmp_path):
    path = str(tmp_path / "path.json")
    scripted("--superposition", "path", "--save-lattice", path)
    assert run("show", path, "--n-best", "2").text == (
        " upon a park.\n\n2 best paths, exact scores: 1:\n"
        "1\t-0.5108\t-0.1022\t upon a park.\n"
        "2\t-0.9163\t-0.1833\t upon a garden.\n"
    )
    shown = json.loads(run("show", path, "--output-json", "--n-best", "2").text)
    assert [one["exact"] for one in shown["n_best"]] == [True, False]
    assert run("replay", path).code == 0


def test_json_holds_what_is_shown(run, kept):
    shown = json.loads(run("show", kept, "--output-json", "--steps").text)
    assert (shown["prompt"], shown["text"]) == ("Once", " upon a park.")
    assert shown["bracketed"] == " upon a [park/garden]."
    assert [one["text"] for one in shown["n_best"]] == [" upon a park.", " upon a garden."]
    assert [one["exact"] for one in shown["n_best"]] == [False, False]
    assert shown["finish_reason"] == "end_of_text"
    assert shown["settings"]["selection_threshold"] == 0.1
    assert shown["model"]["fingerprint"] == STORY.fingerprint
    assert [(step["width"], step["shown"]) for step in shown["steps"]] == [
        *((1, 0), (1, 0), (2, 0), (1, 0), (1, 0))
    ]
    assert [one["text"] for one in shown["steps"][2]["members"]] == [" park", " garden"]
    assert "steps" not in json.loads(run("show", kept, "--output-json").text)


def test_a_lattice_comes_through_a_pipe(run, kept, monkeypatch):
    content = Path(kept).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert run("show", "-").text == " upon a park.\n"


def test_a_lattice_without_steps_or_best_path_is_shown(run, kept):
    def empty(data):
        data |= {"steps": [], "best_path": [], "best_paths": [], "text": "", "finished": False}
        data |= {
            "settled": 0,
            "model": None,
            "settings": None,
            "finish_reason": None,
            "finished_mass": 0.0,
        }

    altered(kept, empty)
    assert run("show", kept).text == "\n"
    assert run("show", kept, "--format", "all", "--steps").text.endswith(
        "run:\nmodel: unknown\n0 steps\nended: unknown, finished mass 0.000\n"
    )
    assert run("replay", kept).code == 0


@pytest.fixture
def strange_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "newer.json").write_text('{"format": "tempo-lattice", "version": 2}')
    (tmp_path / "other.json").write_text("{}")


@pytest.mark.usefixtures("strange_files")
@pytest.mark.parametrize("command", ["show", "replay"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Missing argument 'file'"),
        (("missing.json",), "missing.json cannot be read as a lattice: No such file"),
        ((".",), ". cannot be read as a lattice: Is a directory"),
        (("notes.txt",), "notes.txt: this is no JSON, or only a part of it: "),
        (("newer.json",), "newer.json: this 'tempo-lattice' document has version 2;"),
        (("other.json",), "other.json: this JSON has no format; expected 'tempo-lattice'"),
        (("other.json", "more"), "unexpected extra argument"),
    ],
)
def test_bad_input_is_one_sentence(run, command, arguments, sentence):
    ended = run(command, *arguments)
    assert sentence in ended.sentence
    assert ended.out == ""


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("show", "--n-best", "0"), "n_best is 0; it must be 1 or more"),
        (("show", "--output-json", "--echo"), "--echo excludes --output-json"),
        (("show", "--output-json", "--format", "raw"), "--format excludes --output-json"),
        (("show", "--output-json", "--show-token-ids"), "--show-token-ids excludes --output-json"),
        (("show", "--format", "fancy"), "'fancy' is not one of"),
        (("replay", "--model", "x"), "--model would have no effect: it needs --rerun"),
        (("replay", "--device", "cpu"), "--device would have no effect: it needs --rerun"),
        (("replay", "--dtype", "float32"), "--dtype would have no effect: it needs --rerun"),
        (("replay", "--random-weights", "llama"), "--random-weights would have no effect"),
        (("replay", "--cache-dir", "x"), "--cache-dir would have no effect: it needs --rerun"),
        (("replay", "--offline"), "--offline would have no effect: it needs --rerun"),
    ],
)
def test_wrong_options_are_one_sentence(run, kept, options, sentence):
    command, *rest = options
    assert sentence in run(command, kept, *rest).sentence


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_a_terminal_is_not_moved_by_what_a_document_holds(scripted, run, tmp_path, monkeypatch):
    content = "\x1b[2J\x9b1m"
    script = Script.of({"": {"a": 1.0}, "a": {content: 0.6, "c": 0.4}})
    path = str(tmp_path / "run.json")
    scripted("--max-steps", "2", "--save-lattice", path, script=script, prompt="a")
    for options in ((), ("--format", "all", "--steps"), ("--format", "raw"), ("--show-token-ids",)):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        assert run("show", path, "--no-color", *options).code == 0
        assert "\x1b" not in terminal.getvalue()
        assert "\x9b" not in terminal.getvalue()
        assert "x1b[2J" in terminal.getvalue()


# Replaying --------------------------------------------------------------------------------------


EQUAL = """\
replayed 5 steps from their transitions:
  text         2 values equal
  best path    5 values equal
  best paths   6 values equal
  scores       6 values equal
  parents      6 values equal
  weights      6 values equal
  posteriors   6 values equal
  masses       11 values equal
  decisions    nothing to compare
equal
"""


def test_a_replay_says_what_agreed(run, kept):
    assert run("replay", kept).text == EQUAL


def test_a_replay_names_what_differs(run, kept):
    def change(data):
        data["steps"][2]["candidates"][0]["score"] = -0.25
        data["text"] = " upon a\nbench."

    altered(kept, change)
    ended = run("replay", kept)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines()[1:3] == [
        "  text         1 of 2 values different",
        "    text is ' upon a\\\\nbench.', and ' upon a park.' was found",
    ]
    assert "  scores       1 of 6 values different\n" in ended.out
    assert "    steps[2].candidates[0].score is -0.25, and -0.51082" in ended.out
    assert ended.out.endswith("\nDIFFERENT\n")


@pytest.fixture
def repeating(run, kept, monkeypatch):
    def repeat(engine, *options):
        from tempo.interfaces.cli import engine_loading

        monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_: engine)
        return run("replay", kept, "--rerun", *options)

    return repeat


def test_a_rerun_says_what_was_compared(repeating):
    assert repeating(scripted_engine()).text == EQUAL + (
        "repeated on embedded, 5 steps compared:\n"
        "  kept tokens  5 values equal\n"
        "  transitions  14 values equal\n"
        "  scores       6 values equal\n"
        "  decisions    nothing to compare\n"
        "  steps        1 value equal\n"
        "  text         1 value equal\n"
        "equal\n"
    )


def test_a_rerun_on_another_model_is_refused(repeating):
    ended = repeating(scripted_engine(FOREVER))
    assert "the model differs" in ended.err
    assert ended.code == 2


def test_a_rerun_that_differs_has_exit_code_one(repeating, kept):
    def change(data):
        data["settings"] |= {"selection_threshold": 0.5}

    altered(kept, change)
    ended = repeating(scripted_engine())
    assert ended.code == 1
    assert ended.out.endswith("DIFFERENT\n")


def test_a_steered_run_is_refused_before_a_model_is_loaded(run, kept, monkeypatch):
    from tempo.interfaces.cli import engine_loading

    monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_: pytest.fail("loaded"))
    altered(kept, lambda data: data.update(steered=True))
    assert run("replay", kept, "--rerun").sentence.startswith("this run was steered by hand")


# Without a model --------------------------------------------------------------------------------


@pytest.mark.integration
@pytest.mark.parametrize("command", [("show", "--format", "all"), ("replay",), ("show", "--help")])
def test_no_framework_is_loaded_to_show_or_replay(kept, command):
    name, *options = command
    program = (
        "import atexit, sys\n"
        "from tempo.interfaces.cli.main import main\n"
        "atexit.register(lambda: print(sorted({'torch', 'transformers', 'matplotlib'}"
        " & set(sys.modules)), file=sys.stderr))\n"
        f"main([{name!r}, {kept!r}, *{options!r}])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stderr == "[]\n"
