"""What a user installs holds everything that the package needs to run.

The web UI is part of the package where it was built, and is carried as it is: without Node on PATH
nothing is built here. How it is built is the subject of `test_ui_build.py`.
"""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from frontend.build_ui import READ

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src"
SHIPPED = sorted(
    path.relative_to(SOURCE).as_posix()
    for path in SOURCE.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
)
CARRIED = sorted(
    f"tempo/{path.relative_to(PROJECT).as_posix()}"
    for path in PROJECT.glob("experiments/*/config.toml")
)


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(PROJECT)],
        check=True,
        capture_output=True,
        env={name: value for name, value in os.environ.items() if name != "TEMPO_UI"}
        | {"PATH": str(folder)},
    )
    return folder


def test_the_wheel_holds_the_package_and_the_configs_of_studies_and_nothing_else(distributions):
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert sorted(names) == sorted([*SHIPPED, *CARRIED])


def test_the_source_distribution_holds_the_package_and_its_tests(distributions):
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{name}" for name in SHIPPED} <= names
    assert {"LICENSE", "README.md", "constraints.txt", "tests/conftest.py"} <= names
    assert {"frontend/hatch_build.py", "frontend/build_ui.py"} <= names
    assert {f"frontend/{name}" for name in READ if "." in name} <= names
    assert not [name for name in names if "node_modules" in name or ".svelte-kit" in name]


@pytest.mark.parametrize("suffix", ["py.typed", "story_openings.txt", ".safetensors"])
def test_what_is_not_python_ships_too(suffix):
    assert any(name.endswith(suffix) for name in SHIPPED)
