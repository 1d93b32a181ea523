"""Every file of `examples` runs as a user runs it, and prints what its last lines say."""

import ast
import json
import re
import runpy
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

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
NOTEBOOK = EXAMPLES / "explore_a_lattice.ipynb"
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


def cells():
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def run_cell(source, names):
    """Run a cell, and return what its last line is worth, which a notebook shows."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, str(NOTEBOOK), "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)  # noqa: S307 - a cell of our own


def test_the_notebook_runs_and_shows_what_it_names(capsys):
    names = {}
    values = {
        one["id"]: run_cell("".join(one["source"]), names)
        for one in cells()
        if one["cell_type"] == "code"
    }
    assert "park" in values["run"]._repr_html_()
    assert "<span" in values["uncertainty"]._repr_html_()
    assert isinstance(values["plot"], Figure)
    assert len(values["plot"].axes) >= 1
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 5
    assert "~" in printed[-1]


def test_the_notebook_holds_no_output():
    stored = [one for one in cells() if one.get("outputs") or one.get("execution_count")]
    assert stored == []


@pytest.mark.parametrize("name", ALL)
def test_an_example_is_short(name):
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if name == NOTEBOOK.name:
        text = "\n".join("".join(one["source"]) for one in cells())
    assert len(text.splitlines()) < MOST_LINES


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_an_example_begins_with_what_it_shows(name):
    tree = ast.parse((EXAMPLES / name).read_text(encoding="utf-8"))
    assert (ast.get_docstring(tree) or "").endswith((".", "[ADDRESS]"))


def test_the_page_names_each_example_once():
    named = re.findall(r"^\| `(\w+\.\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == ALL
