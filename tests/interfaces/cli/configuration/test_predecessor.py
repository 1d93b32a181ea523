"""What the page for users of the predecessor says of flags, keys, commands and routes is so."""

import json
import re
import shlex
from inspect import signature
from pathlib import Path

import pytest
from typer.main import get_command

from tempo.application.configuration.document import configuration
from tempo.application.settings.predecessor import NOTES, REPLACED
from tempo.domain.errors import UnknownSettingError
from tempo.interfaces.cli.configuration.keys import file_keys
from tempo.interfaces.cli.generate_command import generate
from tempo.interfaces.cli.main import app

DOCS = Path(__file__).parents[4] / "docs"
PAGE = (DOCS / "predecessor.md").read_text(encoding="utf-8")


def rows(heading):
    """The tables under a heading, each row as its cells."""
    part = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line for line in part[1].splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


FLAGS = {row[0].strip("`"): row[2] for row in rows("Flags")}
WORKING = [words for words, here in FLAGS.items() if here.startswith("works")]
ANSWERED = [words for words, here in FLAGS.items() if here == "replaced"]
THINKING = "--enable-thinking"
KEYS = {row[0].strip("`"): row[1] for row in rows("Keys of configuration files")}


def word_of(words):
    return words.split()[0].removeprefix("--").replace("-", "_")


def test_every_flag_of_the_table_works_or_is_answered():
    assert sorted(FLAGS) == sorted(WORKING + ANSWERED)
    assert set(KEYS.values()) == {"works", "replaced"}


@pytest.mark.parametrize("words", [words for words in WORKING if words != THINKING])
def test_a_flag_that_works_is_accepted_as_written(scripted, written, words):
    prompted = words.startswith("--prompt")
    written("Once", "prompt.txt")
    written("max_steps: 2", "run.yaml")
    said = scripted(*shlex.split(words), *sampled(words), prompt=None if prompted else "Once")
    assert said.code == 0, said


def test_thinking_works_where_a_model_has_a_chat_template(run, tiny_chat_model):
    assert THINKING in WORKING
    named = ("--model", tiny_chat_model, "--max-steps", "2")
    assert run("generate", "Once", THINKING, *named).code == 0


def sampled(words):
    """What gives a seed something to draw."""
    return ["--sample", "1"] if words.startswith("--seed") else []


@pytest.mark.parametrize("words", ANSWERED)
def test_a_flag_that_was_replaced_is_answered_by_its_sentence(run, words):
    flag = words.split()[0]
    sentence = f"{flag} is of the predecessor; {REPLACED[word_of(words)].instead}"
    assert run("generate", "Once", *shlex.split(words)).sentence == sentence
    assert run("config", "show", *shlex.split(words)).sentence == sentence


def test_every_word_that_is_answered_stands_on_the_page():
    named = {word_of(words) for words in ANSWERED} | {
        key for key, here in KEYS.items() if here == "replaced"
    }
    offered = {name for name in signature(generate).parameters if name in file_keys()}
    assert named == REPLACED.keys() - offered


@pytest.mark.parametrize("word", REPLACED)
def test_a_key_that_was_replaced_is_answered_in_a_file_and_let_be_where_it_asks_nothing(word):
    with pytest.raises(UnknownSettingError) as caught:
        configuration("run.yaml", {word: "x"}, {})
    assert str(caught.value) == f"run.yaml: {REPLACED[word].sentence(word)}"
    assert not configuration("run.yaml", {word: False}, {}).common.settings


def test_the_keys_that_work_are_notes():
    assert {key for key, here in KEYS.items() if here == "works"} == {*NOTES}


def commands():
    """Every command that the page names as ours, with the words behind it."""
    cells = [row[1] for part in ("Commands and scripts", "Ports") for row in rows(part)]
    return re.findall(r"`tempo ([^`]+)`", "\n".join(cells))


def test_every_command_that_the_page_names_is_there():
    assert len(commands()) > 15
    for words in commands():
        found = get_command(app)
        for word in shlex.split(words):
            if word.startswith("--"):
                known = {flag for option in found.params for flag in option.opts}
                assert word in known, words
            elif hasattr(found, "commands"):
                assert word in found.commands, words
                found = getattr(found.commands[word], "loaded", found.commands[word])


def test_every_route_that_the_page_names_as_ours_is_there():
    routes = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))["paths"]
    named = re.findall(r"`(GET|POST) ([^`]+)`", "\n".join(row[1] for row in rows("Endpoints")))
    assert len(named) > 6
    for method, path in named:
        assert path in {"/", "/docs"} or method.lower() in routes[path], path
