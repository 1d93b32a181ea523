"""The import contracts hold, and each of them turns red when its rule is broken.

A copy of the source gets one module that breaks one rule; the contract must name it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src"

VIOLATIONS = [
    pytest.param("layers", "domain", "import tempo.application", id="an import outward"),
    pytest.param("layers", "beside", "", id="a package beside the layers"),
    pytest.param("domain-is-pure", "domain", "import torch", id="torch in the domain"),
    pytest.param("domain-is-pure", "domain", "import structlog", id="structlog in the domain"),
    pytest.param("domain-is-pure", "domain", "import networkx", id="a graph library in the domain"),
    pytest.param(
        "application-has-no-tensors",
        "application",
        "from torch import Tensor",
        id="torch in the application",
    ),
    pytest.param(
        "terminal-only-in-cli", "infrastructure", "import rich", id="rich in infrastructure"
    ),
    pytest.param(
        "terminal-only-in-cli", "interfaces/python", "import typer", id="typer outside the CLI"
    ),
    pytest.param("web-only-in-http", "interfaces/cli", "import uvicorn", id="uvicorn in the CLI"),
    pytest.param("ray-only-in-scale-out", "interfaces/cli", "import ray", id="ray in the CLI"),
    pytest.param(
        "tables-and-trials-only-in-sweeping",
        "infrastructure/storage",
        "import pyarrow.parquet",
        id="pyarrow in storage",
    ),
    pytest.param(
        "tables-and-trials-only-in-sweeping",
        "infrastructure/scale_out",
        "import optuna",
        id="optuna beside Ray",
    ),
    pytest.param(
        "adapters-through-container",
        "interfaces/cli",
        "import tempo.infrastructure.huggingface",
        id="an interface that builds its own adapter",
    ),
]


def check_imports(project, *options):
    """Run import-linter on the package under `project/src`, whatever is installed."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as main; main()",
    ]
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "COLUMNS": "200"}
    return subprocess.run(
        [*command, "--no-cache", "--no-logo", *options],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path):
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    for module in SOURCE.rglob("*.py"):
        target = tmp_path / module.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, target)
    return tmp_path


def test_every_contract_is_kept(copy):
    outcome = check_imports(copy)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(("contract", "package", "statement"), VIOLATIONS)
def test_a_violation_turns_its_contract_red(copy, contract, package, statement):
    folder = copy / "src" / "tempo" / package
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    (folder / "intruder.py").write_text(statement + "\n", encoding="utf-8")

    outcome = check_imports(copy, "--contract", contract)

    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "BROKEN" in outcome.stdout
    assert f"tempo.{package.replace('/', '.')}" in outcome.stdout
