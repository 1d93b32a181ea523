"""The configurations in `examples/configs`, run over the model that ships."""

from pathlib import Path

import pytest

import tempo
from tempo.infrastructure.documents import read_configuration
from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.main import main

FILES = sorted((Path(__file__).parents[2] / "examples" / "configs").iterdir())
PROFILES = [
    pytest.param(file, profile, id=f"{file.name}-{profile or 'common'}")
    for file in FILES
    for profile in (None, *read_configuration(str(file)).get("profiles", {}))
]


@pytest.fixture(scope="module")
def engine():
    return tempo.load()


@pytest.mark.parametrize(("file", "profile"), PROFILES)
def test_it_decodes(file, profile, engine, monkeypatch, capsys):
    monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_, **__: engine)
    prompt = [] if "prompt" in read_configuration(str(file)) else ["Once upon a time"]
    chosen = ["--config-profile", profile] if profile else []
    with pytest.raises(SystemExit) as ended:
        main(["generate", *prompt, "--config", str(file), *chosen, "--max-steps", "6"])
    assert ended.value.code == 0
    assert len(capsys.readouterr().out.split()) > 3
