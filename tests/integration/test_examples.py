"""Every file of `examples` runs as a user runs it, and prints what its last lines say."""

import ast
import re
import runpy
import sys
from pathlib import Path

import pytest

import tempo
from tests.interfaces.http.loopback import loopback

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
PAGE = PROJECT / "docs" / "examples.md"
MOST_LINES = 60
ELSEWHERE = {"early_exit_demo.py"}
"""Its figures are times: test_early_exit_demo.py runs it."""

WITH_A_SERVICE = {"api_client.py"}
SCRIPTS = {path.name for path in EXAMPLES.glob("*.py")}
ALL = sorted(path.name for path in EXAMPLES.iterdir() if path.is_file())


def shown(name):
    """What an example says that it prints: its last lines, from `# Prints:` on."""
    _, block = (EXAMPLES / name).read_text(encoding="utf-8").split("\n# Prints:\n")
    return "".join(line.removeprefix("#").removeprefix("   ") for line in block.splitlines(True))


@pytest.fixture
def ran(monkeypatch, capsys):
    """Run an example in a process that has run others, and return what it printed."""

    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        capsys.readouterr()
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("name", sorted(SCRIPTS - ELSEWHERE - WITH_A_SERVICE))
def test_an_example_prints_what_it_says(name, ran):
    assert ran(name) == shown(name)


def test_the_client_prints_what_a_service_answers(ran):
    with loopback(tempo.load()) as (address, _):
        assert ran("api_client.py", address) == shown("api_client.py")


def test_the_example_of_a_test_is_one(capsys):
    path = str(EXAMPLES / "test_with_another_model.py")
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(EXAMPLES)]
    assert pytest.main([*options, "-c", "/dev/null", path]) == pytest.ExitCode.OK
    assert re.search(r"^2 passed", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize("name", ALL)
def test_an_example_is_short(name):
    lines = (EXAMPLES / name).read_text(encoding="utf-8").splitlines()
    assert len(lines) < MOST_LINES


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_an_example_begins_with_what_it_shows(name):
    tree = ast.parse((EXAMPLES / name).read_text(encoding="utf-8"))
    assert (ast.get_docstring(tree) or "").endswith((".", "[ADDRESS]"))


def test_the_page_names_each_example_once():
    named = re.findall(r"^\| `(\w+\.\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == ALL
