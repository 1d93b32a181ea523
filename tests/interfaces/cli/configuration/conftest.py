"""The fixtures of the command line, one folder up, and files to configure it with."""

import os

import pytest

from tests.interfaces.cli.conftest import run, scripted, tiny_chat_model

__all__ = ["run", "scripted", "tiny_chat_model"]


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    """Nothing of the environment in which the tests run is said to commands."""
    for name in [name for name in os.environ if name.startswith("TEMPO_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a file where commands run, and return its name."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="run.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write
