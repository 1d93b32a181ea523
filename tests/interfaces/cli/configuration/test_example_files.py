"""The configurations in `examples/configs` can be used, each profile of them."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[4] / "examples" / "configs"
FILES = sorted(FOLDER.iterdir())


def test_there_is_one_in_each_language():
    assert [file.name for file in FILES] == ["explore.toml", "pruning.yaml", "service.json"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_can_be_used(run, file):
    assert run("config", "check", str(file)).text.startswith(f"{file} can be used: ")
