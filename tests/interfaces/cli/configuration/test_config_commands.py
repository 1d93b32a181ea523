"""`tempo config show`, `init` and `check`."""

import io
import json
import tomllib
from pathlib import Path

import pytest
import yaml

from tempo.application.serving.service_settings import SERVICE_DEFAULTS
from tempo.application.settings.settings import DEFAULTS, SPECS
from tempo.interfaces.cli.configuration import init_command
from tempo.interfaces.cli.configuration.keys import file_keys

FILE = """
prompt = "Once"
threshold = 0.05
max_steps = 9
[serve]
port = 9000
api_token = "hidden"
[profiles.quick]
max_steps = 3
"""


@pytest.fixture
def told(written, monkeypatch):
    monkeypatch.setenv("TEMPO_MAX_WIDTH", "4")
    monkeypatch.setenv("TEMPO_DEVICE", "cpu")
    return ("--config", written(FILE), "--config-profile", "quick", "--threshold", "0.2")


def words(text):
    return [line.split() for line in text.splitlines()]


def test_each_value_is_shown_with_who_said_it(run, told):
    assert words(run("config", "show", "--named", *told).text) == [
        ["Decoding"],
        ["name", "value", "from"],
        ["selection_threshold", "0.2", "command", "line", "(--threshold)"],
        ["max_width", "4", "environment", "(TEMPO_MAX_WIDTH)"],
        ["max_steps", "3", "run.toml,", "profile", "quick"],
        ["Model,", "prompt", "and", "output"],
        ["name", "value", "from"],
        ["prompt", "Once", "run.toml"],
        ["device", "cpu", "environment", "(TEMPO_DEVICE)"],
        ["tempo", "serve"],
        ["name", "value", "from"],
        ["port", "9000", "run.toml"],
        ["device", "cpu", "environment", "(TEMPO_DEVICE)"],
        ["api_token", "***", "run.toml"],
        ["max_width", "4", "environment", "(TEMPO_MAX_WIDTH)"],
    ]


def test_a_document_holds_every_value_those_nobody_named_too(run, told):
    shown = json.loads(run("config", "show", "--output-json", *told).text)
    assert list(shown["settings"]) == list(SPECS)
    assert list(shown["options"]) == list(file_keys())
    assert list(shown["serve"]) == list(SERVICE_DEFAULTS)
    assert shown["settings"]["max_steps"] == {"value": 3, "from": "run.toml, profile quick"}
    assert shown["settings"]["sharpness"] == {"value": 2.0, "from": "default"}
    assert shown["options"]["format"] == {"value": "clean", "from": "default"}
    assert "hidden" not in json.dumps(shown)


def test_without_a_word_from_anybody_all_is_default(run):
    shown = json.loads(run("config", "show", "--output-json").text)
    assert {one["from"] for rows in shown.values() for one in rows.values()} == {"default"}
    assert run("config", "show", "--named").text == ""


def test_what_a_run_would_refuse_is_refused(run, written):
    assert run("config", "show", "--config", written("max_width = 99\n")).sentence == (
        "run.toml: max_width is 99; it must be from 1 to 64"
    )


def uncommented(text):
    return "\n".join(line.removeprefix("#: ") for line in text.splitlines())


@pytest.mark.parametrize(
    ("name", "read"), [("run.toml", tomllib.loads), ("run.yaml", yaml.safe_load)]
)
def test_the_file_that_is_written_holds_every_key_with_its_default(run, written, name, read):
    written("", "elsewhere")
    assert run("config", "init", name).text == (
        f"{name} is written; tempo generate --config {name} PROMPT uses it.\n"
    )
    text = Path(name).read_text(encoding="utf-8")
    assert (read(text) or {}) == {}
    assert all(len(line) <= 100 for line in text.splitlines() if line.startswith("# "))
    found = read(uncommented(text))
    service = found.pop("serve")
    assert found.pop("profiles") == {"quick": {"max_steps": 20}}
    defaults = {key.name: key.default for key in file_keys().values()} | DEFAULTS
    said = {name: tuple(one) if isinstance(one, list) else one for name, one in found.items()}
    assert said == {name: one for name, one in defaults.items() if one is not None}
    assert [name for name, one in defaults.items() if one is None] == [
        line.split()[1] for line in text.splitlines() if line.endswith(" is off unless it is set.")
    ]
    assert service == {name: one for name, one in SERVICE_DEFAULTS.items() if name != "api_token"}
    Path(name).write_text(uncommented(text), encoding="utf-8")
    assert run("config", "check", name).text.endswith(", the profiles quick.\n")


def test_a_file_that_is_there_stays(run, written):
    name = written("max_steps = 3\n")
    assert run("config", "init", name).sentence == (
        "run.toml is there already; name another file, or say --force to write over it"
    )
    assert Path(name).read_text(encoding="utf-8") == "max_steps = 3\n"
    assert run("config", "init", name, "--force").code == 0
    assert len(Path(name).read_text(encoding="utf-8")) > 1000


def test_json_has_no_comments(run):
    assert run("config", "init", "run.json").sentence == (
        "the file is 'run.json'; its name must end in .toml, .yaml, .yml: JSON has no comments"
    )


def test_a_terminal_is_asked_and_a_wrong_answer_is_asked_again(run, written, monkeypatch):
    written("", "elsewhere")
    monkeypatch.setattr(init_command, "_can_ask", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("here\nnone\nprecise\n\n99\n4\n\n"))
    ended = run("config", "init")
    assert ended.code == 0
    assert "max_width is 99; it must be from 1 to 64" in ended.out + ended.err
    assert tomllib.loads(Path("tempo.toml").read_text(encoding="utf-8")) == {
        "model": "here",
        "superposition": "path",
        "readout": "survivors",
        "selection_threshold": 0.05,
        "max_width": 4,
        "max_steps": 100,
    }


def test_a_terminal_that_wants_no_questions_is_asked_none(run, written, monkeypatch):
    written("", "elsewhere")
    monkeypatch.setattr(init_command, "_can_ask", lambda: True)
    assert run("config", "init", "--no-input").code == 0
    assert tomllib.loads(Path("tempo.toml").read_text(encoding="utf-8")) == {}


def test_a_file_that_can_be_used_is_counted(run, written):
    assert run("config", "check", written(FILE)).text == (
        "run.toml can be used: 2 settings, 1 option, 2 settings of the service, "
        "the profiles quick.\n"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("max_step = 3", "run.toml: there is no key 'max_step'; did you mean max_steps?"),
        (
            'dtype = "int9"',
            "dtype is 'int9'; it must be one of auto, float32, bfloat16, float16, int8",
        ),
        (
            "[profiles.quick]\nmin_steps = 200",
            (
                "run.toml, profile quick: min_steps is 200 and max_steps 100; "
                "min_steps must not be larger"
            ),
        ),
        (
            "stop_mass = 0.3\nstop_on = 'any'",
            "run.toml: stop_mass 0.3 would have no effect: it needs stop_on mass",
        ),
        (
            "prompt = 'a'\nprompt_file = 'b'",
            "run.toml: prompt and prompt_file exclude each other; leave one out",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_why(run, written, text, sentence):
    assert run("config", "check", written(text)).sentence.endswith(sentence)
