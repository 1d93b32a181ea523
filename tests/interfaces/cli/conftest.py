"""The command line in process, over a script or over a tiny model in a folder."""

from dataclasses import dataclass

import pytest

from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.interfaces.cli import engine_loading
from tempo.interfaces.cli.main import main
from tests.infrastructure.huggingface.tiny_tokenizers import CHAT_TEMPLATE, byte_level
from tests.interfaces.scripted_engine import STORY, scripted_engine

CONTEXT = 64


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def sentence(self):
        """The one line on standard error of a command that was refused."""
        assert self.code == 2, self
        assert "Traceback" not in self.err + self.out
        (line,) = self.err.splitlines()
        assert line.startswith("tempo: ")
        assert len(line) > len("tempo: ")
        return line.removeprefix("tempo: ")

    @property
    def text(self):
        """What a command that went well printed, with nothing on standard error."""
        assert (self.code, self.err) == (0, ""), self
        return self.out


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command; there is no terminal, and standard input is empty."""
    monkeypatch.setenv("COLUMNS", "100")

    def command(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        captured = capsys.readouterr()
        return Ended(caught.value.code, captured.out, captured.err)

    return command


@pytest.fixture
def scripted(run, monkeypatch):
    """Run `tempo generate` over a script instead of a model."""

    def generate(*arguments, script=STORY, prompt="Once", **engine):
        made = scripted_engine(script, **engine)
        monkeypatch.setattr(engine_loading, "loaded_engine", lambda *_, **__: made)
        return run("generate", *((prompt,) if prompt else ()), *arguments)

    return generate


def saved(folder, template, context):
    tokenizer = byte_level(template)
    random_model("llama", len(tokenizer), context=context).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A folder with a model of random weights and a context of 64, without a chat template."""
    return saved(tmp_path_factory.mktemp("tiny"), None, CONTEXT)


@pytest.fixture(scope="session")
def tiny_chat_model(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("chat"), CHAT_TEMPLATE, 4 * CONTEXT)
