"""The page about the service: its examples run, and its table is that of the settings."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tempo.application.serving.service_settings import OPTIONS, SERVICE_DEFAULTS
from tests.integration.served import served

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "serve.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def rows():
    for name, option in OPTIONS.items():
        default = SERVICE_DEFAULTS[name]
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        yield f"| `{name}` | {f'`{shown}`' if shown else ''} | {option.meaning} |"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    store = str(tmp_path_factory.mktemp("serve") / "runs.sqlite3")
    with served("--store", store) as service:
        yield service.address.removeprefix("http://")


def test_every_setting_stands_in_the_table():
    missing = [row for row in rows() if row not in TEXT]
    assert not missing, "\n".join(missing)


def test_the_examples_run(address, capsys):
    names = {"__name__": "__main__"}
    for language, source in BLOCK.findall(TEXT):
        here = source.replace("127.0.0.1:8000", address)
        if language == "python":
            exec(compile(here, str(PAGE), "exec"), names)
        elif shutil.which("curl"):
            shown = subprocess.run(["bash", "-c", here], capture_output=True, check=True).stdout  # noqa: S607
            assert b'"clean_text"' in shown or b'"without_effect"' in shown
    assert "length" in capsys.readouterr().out
    assert len(names["answer"].choices) == 3
