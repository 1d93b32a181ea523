"""Ray's engine on a cluster of several nodes: the laws of engines, and what only a cluster can do.

The tests share a cluster and go from the laws to the loss of a node, in this order, in one process.
"""

import json
import os
import signal
import subprocess
import sys
from time import sleep

import pyarrow.parquet as pq
import pytest

from tempo.application.sweeps.items import grid_items
from tempo.application.workers.attempts import Retries
from tempo.application.workers.local import LocalEngine
from tempo.application.workers.work import Failed, Finished, WorkItem
from tempo.infrastructure.container import ModelWork, computing_on
from tempo.infrastructure.scale_out.crew import Crew
from tempo.infrastructure.scale_out.ray_engine import ray_engine
from tempo.interfaces.cli.sweeping.asked import read_sweep
from tests.contracts.work_engines import ATTEMPTS, LAWS
from tests.fakes.works import ALWAYS, Deeds
from tests.integration.clusters import cluster

NODES = 3
TEMPO = (sys.executable, "-m", "tempo")
SWEEP = {
    "prompts": [f"Once upon a time there were {count} little foxes who" for count in range(12)],
    "settings": {"superposition": ["path", "lineage"], "max_steps": 30},
}


def by_ray(nodes):
    return ("--engine", "ray", "--workers", "1", "--address", nodes.address)


def tempo(*arguments):
    """Run a command to its end."""
    return subprocess.run(
        [*TEMPO, *arguments], capture_output=True, text=True, check=False, timeout=240
    )


def local_rows(spec):
    """What this process finds."""
    asked = read_sweep(str(spec))
    work = ModelWork(asked.spec.models, asked.spec.taken)
    with computing_on(1):
        found = LocalEngine().run(work, grid_items(asked.spec, asked.prompts))
        return sorted(({"id": one.id, **one.result} for one in found), key=lambda row: row["id"])


def rows(folder):
    """The results of a folder by id; Python's floats are equal only if their bits are."""
    found = pq.read_table(sorted(folder.glob("*.parquet"))).to_pylist()
    return sorted(found, key=lambda row: row["id"])


@pytest.fixture(scope="module")
def nodes():
    with cluster(NODES) as made:
        yield made


@pytest.fixture(scope="module")
def engine(nodes):
    with ray_engine(nodes.address, Crew(workers=NODES), Retries(ATTEMPTS - 1)) as made:
        yield made


def test_the_laws_hold_on_a_cluster(engine, tmp_path):
    for law in LAWS:
        folder = tmp_path / law.__name__
        folder.mkdir()
        law(engine, folder)


def test_an_item_that_ends_its_worker_is_given_up_and_takes_none_with_it(engine, tmp_path):
    items = [WorkItem(f"item {n}", {"number": n}) for n in range(30)]
    items[7] = WorkItem("killer", {"number": 7, "dies": ALWAYS})
    items[9] = WorkItem("once", {"number": 9, "dies": 1})
    found = {one.id: one for one in engine.run(Deeds(str(tmp_path)), items)}
    assert found.pop("killer") == Failed("killer", "its worker died 3 times", ATTEMPTS)
    assert found.pop("once") == Finished("once", {"square": 81, "third": 3.0})
    assert sorted(found) == sorted(f"item {n}" for n in range(30) if n not in {7, 9})
    assert all(isinstance(one, Finished) for one in found.values())


def test_a_sweep_on_a_cluster_survives_its_driver_and_is_the_local_one_bit_for_bit(nodes, tmp_path):
    spec = tmp_path / "sweep.json"
    spec.write_text(json.dumps(SWEEP))
    driver = subprocess.Popen(
        [*TEMPO, "sweep", str(spec), "--output-dir", str(tmp_path / "there"), *by_ray(nodes)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    pending = tmp_path / "there" / "pending.jsonl"
    try:
        while not (pending.exists() and pending.read_bytes().count(b"\n") >= 3):
            assert driver.poll() is None
            sleep(0.02)
    finally:
        driver.kill()  # SIGKILL
        driver.wait()
    begun = pending.read_bytes().count(b"\n")
    assert begun < len(SWEEP["prompts"]) * 2
    again = tempo("sweep", str(spec), "--output-dir", str(tmp_path / "there"), *by_ray(nodes))
    assert again.returncode == 0, again.stderr
    assert f"24 results are in {tmp_path / 'there'}, " in again.stdout
    assert again.stderr == ""
    assert rows(tmp_path / "there") == local_rows(spec)
    assert len(rows(tmp_path / "there")) == 24


def test_a_worker_killed_and_a_node_lost_leave_every_result_once_and_as_it_was(nodes, engine):
    items = [WorkItem(f"item {n:03}", {"number": n, "seconds": 0.02}) for n in range(500)]
    for number in (60, 61, 62):  # these tell where they are done
        items[number] = WorkItem(f"item {number:03}", {"number": number, "worker": True})
    found, told = [], False
    for one in engine.run(Deeds(), items):
        found.append(one)
        if isinstance(one.result, int) and not told:
            os.kill(one.result, signal.SIGKILL)
            told = True
        if len(found) == 200:
            nodes.remove_node(max(nodes.worker_nodes, key=str), allow_graceful=False)
    assert told
    assert [one.id for one in sorted(found, key=lambda one: one.id)] == [one.id for one in items]
    theirs = {one.id: one.result for one in found if not isinstance(one.result, int)}
    ours = {one.id: one.result for one in LocalEngine().run(Deeds(), [
        item for item in items if item.id in theirs
    ])}  # fmt: skip
    assert theirs == ours
    assert len(theirs) >= 497
