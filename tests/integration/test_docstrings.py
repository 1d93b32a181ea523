"""The examples of docstrings print what they say."""

import doctest
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import tempo

SOURCE = Path(tempo.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PROMPT = re.compile(r"^ *>>> ", re.MULTILINE)


def written(path):
    """How many examples a module has."""
    return len(PROMPT.findall(path.read_text(encoding="utf-8")))


def named(path):
    """A module's name."""
    parts = ("tempo", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(part for part in parts if part != "__init__")


def ran(module):
    """What failed, and how many examples were tried."""
    report = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in doctest.DocTestFinder().find(module, module.__name__):
        runner.run(test, out=report.append)
    return "".join(report), runner.tries


MODULES = {named(path): path for path in sorted(SOURCE.rglob("*.py")) if written(path)}


NEEDLESS = {
    "Engine": "those of the package show it",
    "custom_generate": "docs/how-to/inside-transformers.md runs it",
    "custom_generate_folder": "docs/how-to/inside-transformers.md runs it",
    "errors": "a module",
    "events": "a module",
}
"""Public names that need no example of their own, and why."""


@pytest.fixture(scope="session")
def load():
    """`tempo.load`, which loads each model once."""
    return cache(tempo.load)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_print_what_they_say(name, load, tmp_path, monkeypatch):
    monkeypatch.setattr(tempo, "load", load)
    monkeypatch.chdir(tmp_path)
    failed, tried = ran(import_module(name))
    assert not failed, failed
    assert tried == written(MODULES[name]), "an example stands where none is looked for"


def test_public_names_have_examples():
    assert PROMPT.search(tempo.__doc__)
    without = {one for one in tempo.__all__ if not PROMPT.search(getattr(tempo, one).__doc__)}
    assert without == set(NEEDLESS)


def test_an_example_that_prints_something_else_is_told():
    module = ModuleType("wrong", ">>> 1 + 1\n3\n")
    failed, tried = ran(module)
    assert "Expected:\n    3\nGot:\n    2\n" in failed
    assert tried == 1
