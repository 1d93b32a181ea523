"""The page that says how to evaluate: its task, its code and its command, as they are written."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tempo.interfaces.cli.main import main

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "evaluate.md").read_text(encoding="utf-8")


def block(language):
    """The page's only block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return found


@pytest.fixture
def tasks(tmp_path, monkeypatch):
    """A folder of tasks with the page's own one, whose items are written by the command."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "tempo_cloze.yaml").write_text(block("yaml"), encoding="utf-8")
    with pytest.raises(SystemExit, match="0"):
        main(["tasks", "write", "cloze", "--count", "8", "--output", "tasks/cloze.jsonl"])


@pytest.mark.usefixtures("tasks")
def test_the_code_of_the_page_runs(capsys):
    exec(compile(block("python"), "evaluate.md", "exec"), {"__name__": "__main__"})
    assert "exact_match" in capsys.readouterr().out


@pytest.mark.usefixtures("tasks")
def test_the_command_of_the_page_runs():
    words = shlex.split(block("console").removeprefix("$ ").replace("\\\n", " "))
    assert words.pop(0) == "python"
    ended = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "exact_match" in ended.stdout
