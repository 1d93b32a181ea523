"""Every `$` line of README and documentation is run by a shell, page by page, in order."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tempo import embedded_model_path
from tests.commands import preloaded
from tests.fakes.hub_server import hub
from tests.interfaces.http.conftest import until

PROJECT = Path(__file__).parents[2]
PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
]
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATIENCE = 900
"""Seconds until a command that has not ended is a failure: no busy machine takes as long."""

STUDY = re.compile(r"\btempo (bench|compare|experiment|fidelity)\b")
"""Commands of minutes to hours: Ctrl-C comes once they have computed for SECONDS, and they end."""

SECONDS = "6"
"""Of computing: by then a study has read all that it was given, and most have measured a part."""

SERVICE = re.compile(r"(\w+=\S+ )*(tempo serve|uvicorn)\b")
"""Commands that go on for ever: Ctrl-C comes once the model is there, and they end."""

SHOWN = re.compile(r"cat (\S+)$")
"""A file that a page shows: a reader has it from there."""

SHELL = """set -o pipefail
wait() {
  local job code=0
  for job in $(jobs -p); do builtin wait $job || code=$?; done
  return $code
}
"""
"""Pipes and waiting fail as their commands do; bash's own forget it."""

READY = "service.ready"
REFUSED = 2
STOPPED = (0, 130, -signal.SIGINT)
"""Exit codes of a command that ended or was interrupted; the last is the shell's own."""

EXCEPTIONS = {
    r"make test$": "it runs the tests, and this is one of them",
    r"(TEMPO_UI=require )?pip install": "it installs from an index what is not there yet",
    r"curl -H .* http://example\.org": "another machine's address",
    r"python -m tempo\.interfaces\.evaluation_harness": "`make test-harness` runs it where it can",
    r".*\| dot ": "GraphViz is another program",
}
FILES = {
    "prompts.txt": "Once upon a time\nThe old king opened the door and saw a\n",
    "prompts.jsonl": '{"prompt": "Once upon a time"}\n{"prompt": "The old king", "id": "king"}\n',
    "texts.txt": "".join(
        f"Once upon a time there was a girl who lived in house {number} near the woods.\n"
        for number in range(300)
    ),
    "questions.jsonl": '{"prompt": "The cat sat on the", "references": ["mat"]}\n',
    "stories.jsonl": "".join(
        f'{{"text": "{"Once upon a time there was a dog who liked to play. " * 30}{number}"}}\n'
        for number in range(300)
    ),
    "FILE": "Once upon a time\n",
}
"""What stands beside a reader who tries a page: files and folders of the names that it uses."""


def commands(page):
    """Each command of a page, with what the page shows of its output."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for told in re.split(r"^\$ ", re.sub(r"\\\n\s*", " ", block), flags=re.MULTILINE)[1:]:
            command, _, shown = told.partition("\n")
            yield command, shown


def excepted(command):
    return next((reason for one, reason in EXCEPTIONS.items() if re.match(one, command)), None)


WITH_COMMANDS = [page for page in PAGES if any(not excepted(one) for one, _ in commands(page))]


@pytest.fixture(scope="session")
def hub_address():
    files = {one.name: one.read_bytes() for one in embedded_model_path().iterdir() if one.is_file()}
    with hub({"OWNER/NAME": {"main": files}}) as (address, _):
        yield address


@pytest.fixture(scope="session")
def environment(tmp_path_factory, hub_address):
    """A reader's environment, whose `tempo` is loaded already and whose hub is not the real one.

    The libraries read it once, when they are loaded.
    """
    folder = tmp_path_factory.mktemp("bin")
    door = folder / "door"
    command = folder / "tempo"
    command.write_text(preloaded.COMMAND.format(python=sys.executable, address=str(door)))
    command.chmod(0o755)
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TEMPO_", "MAKE")) and not name.endswith("_OFFLINE")
    }
    environment = own | {
        "PATH": os.pathsep.join([str(folder), str(Path(sys.executable).parent), own["PATH"]]),
        "HF_ENDPOINT": hub_address,
        "HF_HOME": str(folder / "hub"),
        "XDG_DATA_HOME": str(folder / "data"),
        "TEMPO_PORT": "0",
        "UVICORN_PORT": "0",
    }
    server = subprocess.Popen(
        [sys.executable, preloaded.__file__, door], cwd=PROJECT, env=environment
    )
    assert until(door.exists, PATIENCE), f"it ended with {server.poll()}"
    yield environment
    server.kill()
    server.wait()


@pytest.fixture
def place(tmp_path):
    """A folder in which a reader may be."""
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    for name in ("FOLDER", "path/to/folder"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(embedded_model_path())
    for name in ("examples", "experiments"):
        (tmp_path / name).symlink_to(PROJECT / name)
    return tmp_path


class Ran:
    """One line in a shell, until it ends or is stopped: its exit code, and what it said."""

    def __init__(self, command, folder, environment):
        self._service = SERVICE.match(command)
        self._may_be_stopped = self._service or STUDY.search(command)
        self._command = command
        with tempfile.TemporaryDirectory() as said:
            self._out, self._err = Path(said, "out"), Path(said, "err")
            with self._out.open("wb") as out, self._err.open("wb") as err:
                self._process = subprocess.Popen(
                    ["bash", "-c", SHELL + command],  # noqa: S607 - the machine's own
                    cwd=PROJECT if command.startswith("make") else folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            if self._service:
                until(lambda: self._has_ended() or self._is_ready(), PATIENCE)
                self._signal(signal.SIGINT)
            if not until(self._has_ended, PATIENCE):
                self._signal(signal.SIGTERM)
            self.code = self._process.wait(PATIENCE)
            self.ready = self._is_ready()
            self.out, self.err = self._out.read_text(), self._err.read_text()

    def _has_ended(self):
        return self._process.poll() is not None

    def _is_ready(self):
        return READY in self._err.read_text()

    def _signal(self, number):
        if not self._has_ended():
            os.killpg(self._process.pid, number)

    def refused_as(self, shown):
        """Whether the page shows the very sentence with which it was refused."""
        return self.code == REFUSED and self.err == shown

    @property
    def complaint(self):
        """What is wrong with it, or nothing."""
        well = self.code in (STOPPED if self._may_be_stopped else (0,))
        if well and "Traceback" not in self.err and (self.ready or not self._service):
            return None
        return f"$ {self._command}\n{self.code}\n{self.out[-400:]}\n{self.err[-800:]}"


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda one: one.relative_to(PROJECT).as_posix())
def test_the_commands_of_a_page_work_as_written(page, place, environment):
    failed = []
    for command, shown in commands(page):
        if excepted(command):
            continue
        if file := SHOWN.match(command):
            (place / file[1]).write_text(shown, encoding="utf-8")
        seconds = {preloaded.SECONDS: SECONDS} if STUDY.search(command) else {}
        ran = Ran(command, place, environment | seconds)
        if not ran.refused_as(shown):
            failed.append(ran.complaint)
    assert not any(failed), "\n\n".join(filter(None, failed))


def test_exceptions_are_few_and_each_is_met():
    assert len(EXCEPTIONS) <= 5
    met = {excepted(one) for page in PAGES for one, _ in commands(page)}
    assert met == {None, *EXCEPTIONS.values()}
