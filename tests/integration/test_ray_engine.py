"""Ray's engine on a cluster of several nodes: the laws of engines, and what only a cluster can do.

The tests share a cluster and go from the laws to the loss of a node, in this order, in one process.
"""

import os
import signal

import pytest

from tempo.application.workers.attempts import Retries
from tempo.application.workers.local import LocalEngine
from tempo.application.workers.work import Failed, Finished, WorkItem
from tempo.infrastructure.scale_out.crew import Crew
from tempo.infrastructure.scale_out.ray_engine import ray_engine
from tests.contracts.work_engines import ATTEMPTS, LAWS
from tests.fakes.works import ALWAYS, Deeds
from tests.integration.clusters import cluster

NODES = 3


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
