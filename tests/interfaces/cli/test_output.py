"""What `tempo generate` prints, whole."""

import io
import json
import re
import sys

import pytest

from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tests.fakes.backends import BreaksDown
from tests.interfaces.scripted_engine import FOREVER, STORY, scripted_engine

TIMES = re.compile(r"[\d.]+ ms a step")


def test_the_best_text_is_all_that_is_printed(scripted):
    assert scripted().text == " upon a park.\n"


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("clean", " upon a park.\n"),
        ("bracketed", " upon a [park/garden].\n"),
        ("raw", " upon a park garden.\n"),
    ],
)
def test_a_format_is_printed_alone(scripted, shape, text):
    assert scripted("--format", shape).text == text


def test_all_prints_every_section(scripted):
    printed = TIMES.sub("0.0 ms a step", scripted("--format", "all").text)
    assert printed == (
        "best text:\n"
        " upon a park.\n"
        "\n"
        "bracketed:\n"
        " upon a [park/garden].\n"
        "\n"
        "2 best:\n"
        "1\t-0.5108\t-0.1022\t upon a park.\n"
        "2\t-0.9163\t-0.1833\t upon a garden.\n"
        "\n"
        "cost:\n"
        "5 steps · width 1.2 mean, 2 max · kept mass 1.000 a step, 1 in all · "
        "6 cache rows (0 released) · 0.0 ms a step\n"
    )


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("clean", " upon(4) a(1) park(3).(5)(0)\n"),
        ("bracketed", " upon(4) a(1) [park(3)/garden(2)].(5)(0)\n"),
        ("raw", " upon(4) a(1) park(3) garden(2).(5)(0)\n"),
    ],
)
def test_each_token_can_carry_its_id(scripted, shape, text):
    assert scripted("--format", shape, "--show-token-ids").text == text


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("clean", "Once upon a park.\n"),
        ("bracketed", "Once upon a [park/garden].\n"),
        ("raw", "Once upon a park garden.\n"),
    ],
)
def test_the_prompt_can_stand_before_the_text(scripted, shape, text):
    assert scripted("--format", shape, "--echo").text == text


def test_the_best_texts_follow_the_text(scripted):
    assert scripted("--n-best", "2").text == (
        " upon a park.\n"
        "\n"
        "2 best:\n"
        "1\t-0.5108\t-0.1022\t upon a park.\n"
        "2\t-0.9163\t-0.1833\t upon a garden.\n"
    )
    assert "1 best:\n" in scripted("--n-best", "1").text


def test_a_length_penalty_reaches_the_ranking(scripted):
    """The empty text has .6 over one token, the long one .36 over three."""
    script = Script.of(
        {"": {"a": 1.0}, "a": {END: 0.6, "b": 0.4}, "b": {"c": 1.0}, "c": {END: 0.9, "a": 0.1}}
    )
    steps = ("--stop-on", "all", "--max-steps", "3", "--threshold", "0.2", "--n-best", "2")
    plain = scripted(*steps, script=script, prompt="a").text
    ranked = scripted(*steps, "--length-penalty", "1", script=script, prompt="a").text
    assert plain.endswith("1\t-0.5108\t-0.5108\t\n2\t-1.0217\t-0.3406\tbc\n")
    assert ranked.endswith("1\t-1.0217\t-0.3406\tbc\n2\t-0.5108\t-0.5108\t\n")


def test_samples_follow_the_text_and_their_seed_repeats_them(scripted):
    printed = scripted("--sample", "30", "--seed", "3").text
    head, drawn = printed.split("\n\n30 sampled:\n")
    assert head == " upon a park."
    assert set(drawn.splitlines()) == {" upon a park.", " upon a garden."}
    assert printed == scripted("--sample", "30", "--seed", "3").text
    assert printed != scripted("--sample", "30", "--seed", "4").text


def test_a_text_of_several_lines_is_one_line_of_a_list(scripted):
    script = Script.of({"": {"a": 1.0}, "a": {"\n": 1.0}, "\n": {"\t\\": 1.0}, "\t\\": {END: 1.0}})
    printed = scripted("--n-best", "1", "--sample", "1", script=script, prompt="a").text
    lists = printed.split("\n\n", 2)[1:]
    assert lists[0].splitlines()[1].endswith("\t\\n\\t\\\\")
    assert lists[1].splitlines() == ["1 sampled:", "\\n\\t\\\\"]


@pytest.mark.parametrize(
    "content", ["\t", "\r", "\x0b", "\x0c", "\x1b[31m", "[b]", "\\", "   x   "]
)
def test_a_pipe_gets_the_bracketed_text_that_python_has(scripted, content):
    """Nothing is expanded, styled, wrapped or dropped on the way."""
    script = Script.of(
        {"": {"a": 1.0}, "a": {content: 0.6, "c": 0.4}, content: {content: 0.9, END: 0.1}}
    )
    options = {"max_steps": 3, "threshold": 0.2}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    printed = scripted("--format", "bracketed", *flags, script=script, prompt="a").text
    expected = scripted_engine(script).generate("a", **options).bracketed
    assert printed == expected + "\n"


def test_a_long_line_is_not_broken(scripted, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    script = Script.of({"": {"a": 1.0}, "a": {"b b b b b ": 0.5, "c": 0.5}, "c": {"c": 1.0}})
    script.table[(2,)] = script.table[()] * 0 + [0, 0, 0.5, 0.5]
    printed = scripted("--format", "bracketed", "--max-steps", "20", script=script, prompt="a").text
    assert len(printed.splitlines()) == 1


# JSON -------------------------------------------------------------------------------------------


def strictly(text):
    def refuse(constant):
        pytest.fail(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_is_the_only_thing_that_is_printed(scripted):
    document = strictly(scripted("--output-json").text)
    assert document["text"] == " upon a park."
    assert document["prompt"] == "Once"
    assert document["bracketed"] == " upon a [park/garden]."
    assert len(document["n_best"]) == 2
    assert "samples" not in document


def test_json_holds_what_was_asked_for(scripted):
    document = strictly(
        scripted("--output-json", "--n-best", "1", "--sample", "3", "--seed", "5").text
    )
    assert len(document["n_best"]) == 1
    assert len(document["samples"]) == 3
    assert document["settings"]["seed"] == 5


def test_a_json_file_holds_the_same_document_beside_the_text(scripted, tmp_path):
    path = tmp_path / "run.json"
    assert scripted("--json-output-file", str(path)).text == " upon a park.\n"
    document = strictly(path.read_text())
    printed = strictly(scripted("--output-json").text)
    for one in (document, printed):
        del one["cost"]["milliseconds"]
    assert document == printed


# Where the prompt comes from --------------------------------------------------------------------


@pytest.fixture
def typed(monkeypatch):
    """Put bytes on standard input."""

    def put(content):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))

    return put


def test_the_prompt_is_an_argument_an_option_a_file_or_standard_input(scripted, typed, tmp_path):
    path = tmp_path / "prompt.txt"
    path.write_text("Once upon\n")
    assert scripted(prompt="Once upon").text == " a park.\n"
    assert scripted("--prompt", "Once upon", prompt=None).text == " a park.\n"
    assert scripted("--prompt-file", str(path), prompt=None).text == " a park.\n"
    typed(b"Once upon\n")
    assert scripted(prompt=None).text == " a park.\n"
    typed(b"Once upon")
    assert scripted(prompt="-").text == " a park.\n"


def test_a_prompt_that_looks_like_an_option_follows_two_dashes(scripted):
    script = Script.of({"": {"--x": 1.0}, "--x": {"y": 1.0}, "y": {END: 1.0}})
    assert scripted("--", "--x", script=script, prompt=None).text == "y\n"


def test_standard_input_loses_one_newline_and_no_more(scripted, typed):
    script = Script.of({"": {"a": 1.0}, "a": {"x": 1.0}, "\n": {"y": 1.0}})
    typed(b"a\n\n")
    assert scripted("--max-steps", "1", script=script, prompt=None).text == "y\n"


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_standard_input_is_refused(scripted, typed, content):
    typed(content)
    assert scripted(prompt=None).sentence == "the prompt is empty; give it some text"


def test_standard_input_that_is_no_text_is_refused(scripted, typed):
    typed(b"Once \xff upon")
    assert scripted(prompt=None).sentence.startswith("standard input is not UTF-8 text")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_text_goes_to_a_pipe_while_a_terminal_shows_the_progress(scripted, monkeypatch):
    errors = Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    assert scripted().out == " upon a park.\n"
    assert "step 5/100" in errors.getvalue()
    assert "park" not in errors.getvalue()


def test_a_terminal_is_not_waited_for(scripted, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert scripted(prompt=None).sentence == (
        'there is no prompt; give it as tempo generate "PROMPT", or on standard input'
    )


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_prompt_file_is_refused(scripted, tmp_path, content):
    path = tmp_path / "prompt.txt"
    path.write_bytes(content)
    ended = scripted("--prompt-file", str(path), prompt=None)
    assert ended.sentence == "the prompt is empty; give it some text"


def test_a_prompt_file_that_is_no_text_is_named(scripted, tmp_path):
    path = tmp_path / "prompt.txt"
    path.write_bytes(b"\xff")
    assert f"{path} is not UTF-8 text" in scripted("--prompt-file", str(path), prompt=None).sentence


@pytest.mark.parametrize("place", ["missing.txt", ".", "~nobody-of-this-name/prompt.txt"])
def test_a_prompt_file_that_cannot_be_read_is_named(scripted, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    sentence = scripted("--prompt-file", place, prompt=None).sentence
    assert f"the prompt file {place} cannot be read" in sentence


# What is said beside the text -------------------------------------------------------------------


def test_steps_past_the_context_stop_there_and_say_so(scripted):
    ended = scripted("--max-steps", "50", script=FOREVER, prompt=" a", context=10)
    assert ended.code == 0
    assert ended.err.splitlines()[0] == (
        "tempo: stopped after 9 steps: the model's context of 10 is full"
    )


def test_what_the_width_cap_cut_is_said_in_one_line(scripted):
    options = ("--max-width", "2", "--threshold", "0.01", "--max-steps", "4")
    ended = scripted(*options, script=FOREVER, prompt=" a")
    assert ended.code == 0
    (line,) = ended.err.splitlines()
    assert re.fullmatch(
        r"tempo: the width cap cut tokens above the threshold at 4 of 4 steps "
        r"\(mean mass 0\.\d{3}\); raise --max-width to keep them",
        line,
    )


def test_a_probability_at_the_threshold_is_said(scripted):
    ended = scripted("--threshold", "0.4")
    assert ended.err == (
        "tempo: 1 candidates lie within 1e-6 of the threshold; rounding decides them\n"
    )


def test_logits_that_are_not_finite_keep_the_text_and_say_so(scripted):
    backend = BreaksDown(ScriptedBackend(STORY), healthy=2)
    ended = scripted(backend=backend)
    assert ended.out == " upon a\n"
    assert "the model's logits for step 2 are not finite" in ended.sentence


def test_debugging_tells_on_standard_error_what_happens(scripted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # whose folder logs it is
    ended = scripted("--debug-mode")
    assert ended.out == " upon a park.\n"
    assert ended.code == 0
    assert "event='run.finished' reason='end_of_text'" in ended.err


# What is refused beside the settings ------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prompt", "two"], "several prompts were given"),
        (["--prompt-file", "two"], "several prompts were given"),
        (["--output-json", "--format", "raw"], "--format excludes --output-json"),
        (["--output-json", "--echo"], "--echo excludes --output-json"),
        (["--output-json", "--show-token-ids"], "--show-token-ids excludes --output-json"),
        (["--default-mode", "--threshold", "0.3"], "default_mode decodes one path greedily"),
        (["--seed", "7"], "seed would have no effect"),
        (["--length-penalty", "1"], "length_penalty would have no effect"),
        (["--n-best", "0"], "n_best is 0; it must be 1 or more"),
        (["--sample", "-1"], "sample is -1; it must be"),
        (["--n-best", "many"], "Invalid value for '--n-best'"),
        (["--format", "fancy"], "'fancy' is not one of"),
        (["--threshold", "1.5"], "selection_threshold is 1.5; it must be in [0, 1]"),
        (["--threshold", "-0.1"], "selection_threshold is -0.1; it must be in [0, 1]"),
        (["--threshold", "low"], "selection_threshold is 'low'; it must be a number"),
        (["--max-width", "0"], "max_width is 0; it must be from 1 to 64"),
        (["--max-steps", "2.5"], "max_steps is '2.5'; it must be a whole number"),
        (["--superposition", "fog"], "superposition is 'fog'; it must be one of lineage"),
        (["--no-such-option"], "No such option"),
        (["--max-stps", "4"], "No such option"),
        (["one", "more"], "unexpected extra argument"),
        (["--max-steps"], "requires an argument"),
        (["--chat"], "no chat template"),
        (["--system", "Be brief."], "no chat template"),
        (["--enable-thinking"], "no chat template"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_input_is_one_sentence_and_exit_code_two(scripted, arguments, sentence):
    ended = scripted(*arguments)
    assert sentence in ended.sentence
    assert ended.out == ""


def test_an_empty_argument_is_an_empty_prompt(scripted):
    assert scripted("", prompt=None).sentence == "the prompt is empty; give it some text"


@pytest.mark.parametrize("place", ["missing/run.json", ".", "", "~nobody-of-this-name/run.json"])
def test_a_json_file_that_cannot_be_written_is_one_sentence(scripted, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    ended = scripted("--json-output-file", place)
    assert "cannot be written" in ended.sentence
    assert list(tmp_path.iterdir()) == []
