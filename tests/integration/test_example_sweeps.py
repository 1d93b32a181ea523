"""The sweeps in `examples/sweeps`, run over the models that they name."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.interfaces.cli.conftest import run  # noqa: F401 - a fixture

FILES = sorted((Path(__file__).parents[2] / "examples" / "sweeps").iterdir())
RESULTS = {"search.toml": 24, "thresholds.toml": 24}


def test_there_is_one_of_each_kind():
    assert [file.name for file in FILES] == sorted(RESULTS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_runs_to_its_end(run, file, tmp_path):  # noqa: F811 - the fixture
    planned = json.loads(run("sweep", str(file), "--dry-run", "--json").text)["items"]
    ended = run("sweep", str(file), "--output-dir", str(tmp_path))
    assert ended.code == 0, ended.err
    found = pq.read_table(sorted(tmp_path.glob("*.parquet")))
    assert len(set(found.column("id").to_pylist())) == found.num_rows == RESULTS[file.name]
    assert found.num_rows <= planned
