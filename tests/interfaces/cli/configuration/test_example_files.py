"""The configurations in `examples/configs` can be used, each profile of them."""

from pathlib import Path

import pytest

from tempo.infrastructure.documents import read_configuration

FOLDER = Path(__file__).parents[4] / "examples" / "configs"
FILES = sorted(FOLDER.iterdir())
PROFILES = [
    (file, profile)
    for file in FILES
    for profile in (None, *read_configuration(str(file)).get("profiles", {}))
]


def named(file, profile):
    return ("--config", str(file), *(("--config-profile", profile) if profile else ()))


def test_there_is_one_in_each_language():
    assert [file.name for file in FILES] == ["explore.toml", "pruning.yaml", "service.json"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_can_be_used(run, file):
    assert run("config", "check", str(file)).text.startswith(f"{file} can be used: ")


@pytest.mark.parametrize(("file", "profile"), PROFILES, ids=str)
def test_it_decodes(scripted, file, profile):
    prompt = None if "prompt" in read_configuration(str(file)) else "Once"
    ended = scripted(*named(file, profile), prompt=prompt)
    assert ended.code == 0
    assert ended.out.strip()
