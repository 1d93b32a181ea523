"""Nothing that a document or a model holds acts on a terminal."""

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.scripted.script import Script
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.failures import exit_code_of
from tempo.interfaces.cli.rendering import one_line

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
HOSTILE = "\x1b[2J\x07\x7f\x9b1m\r"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def acts(text, *allowed):
    """The control characters of a text."""
    return set(text) & set(CONTROLS) - set(allowed)


@given(st.text(st.characters() | st.sampled_from(CONTROLS)))
def test_one_line_holds_no_control_character(text):
    assert not acts(one_line(text))


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\\")))
def test_all_else_stands_for_itself(text):
    assert one_line(text) == readable(text) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\tc\\", "a\\nb\\tc\\\\"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x00\r\x7f\x85\x9b", "\\x00\\x0d\\x7f\\x85\\x9b"),
    ],
)
def test_a_control_character_is_spelled_out(text, line):
    assert one_line(text) == line


def test_lines_and_tabs_stay_where_text_has_several_lines():
    assert readable("a\nb\tc\\\x1b") == "a\nb\tc\\\\x1b"


def test_an_error_holds_none(capsys):
    def refuse():
        message = f"no {HOSTILE} here"
        raise InvalidValueError(message)

    assert exit_code_of(refuse) == 2
    told = capsys.readouterr().err
    assert not acts(told, "\n")
    assert told.startswith("tempo: no \\x1b[2J")


@pytest.fixture
def kept(scripted, tmp_path):
    """A pruned run whose document holds hostile strings wherever it may hold any."""
    path = tmp_path / "run.json"
    script = Script.of(
        {"": {"a": 1.0}, "a": {HOSTILE: 0.6, "c": 0.4}, HOSTILE: {"c": 1.0}, "c": {"c": 1.0}}
    )
    options = ("--max-steps", "6", "--retroactive-pruning", "posterior", "--posterior-floor", "0.5")
    scripted(*options, "--save-lattice", str(path), script=script, prompt="a")
    data = json.loads(path.read_text())
    assert data["decisions"]
    data["prompt"] += HOSTILE
    data["settings"]["stop"] = [HOSTILE]
    data["model"] |= dict.fromkeys(("name", "family", "dtype", "device"), HOSTILE)
    for one in data["decisions"]:
        one["rule"] = HOSTILE
    for step in data["steps"]:
        for one in step["candidates"]:
            if one.get("reason"):
                one["reason"] = HOSTILE
    path.write_text(json.dumps(data))
    return str(path)


LISTS = ("--steps", "--decisions", "--format", "all", "--show-token-ids", "--echo")


@pytest.mark.parametrize(
    "command", [("show",), ("show", *LISTS), ("show", "--output-json", "--steps"), ("replay",)]
)
def test_a_hostile_document_does_not_act_on_a_terminal(run, kept, monkeypatch, command):
    name, *options = command
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert run(name, kept, *options).code in {0, 1}
    assert not acts(terminal.getvalue(), "\n", "\t")
    assert "x1b[2J" in terminal.getvalue().replace("u001b", "x1b")


def test_the_lists_of_a_hostile_document_are_plain_in_a_pipe_too(run, kept):
    """Its text is what it is, for whoever reads the pipe."""
    printed = run("show", kept, "--steps", "--decisions", "--format", "all").text
    for part in ("steps", "decisions", "run"):
        section = printed.split(f"\n\n{part}:\n")[1].partition("\n\n")[0]
        assert not acts(section, "\n", "\t")


@pytest.mark.parametrize("options", [(), LISTS[2:], ("--format", "bracketed"), ("--format", "raw")])
def test_going_on_from_a_hostile_document_does_not_act_on_a_terminal(
    run, kept, monkeypatch, options
):
    data = json.loads(Path(kept).read_text())
    data["settings"]["stop"] = []
    Path(kept).write_text(json.dumps(data))
    token = data["steps"][0]["candidates"][0]["token_id"]
    terminal, errors = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", errors)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert run("resume", kept, "--at", f"0:{token}", "--no-color", *options).code == 0
    assert "x1b" in terminal.getvalue()
    for written in (terminal.getvalue(), errors.getvalue()):
        assert not acts(written, "\n", "\t")
