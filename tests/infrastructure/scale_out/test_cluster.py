"""Connecting to a cluster, as far as none is needed for it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.workers.attempts import Retries
from tempo.application.workers.work import Failed, Finished
from tempo.domain.errors import InvalidValueError, WorkerError
from tempo.infrastructure.scale_out import cluster
from tempo.infrastructure.scale_out.crew import Crew
from tempo.infrastructure.scale_out.hand import Hand, heard, versions
from tempo.infrastructure.scale_out.ray_engine import pieces_of
from tempo.infrastructure.scale_out.tally import Beginnings
from tests.fakes.works import Deeds


class ShyRay:
    """Ray with some nodes."""

    def __init__(self, nodes):
        self._nodes = nodes

    def nodes(self):
        return self._nodes


def node(alive=True, **resources):
    return {"Alive": alive, "Resources": resources}


def test_without_ray_one_sentence_says_how_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(WorkerError) as told, cluster.connected(None, Crew()):
        pass
    assert str(told.value) == (
        'the engine ray needs Ray, which is not installed here: pip install "tempo-decoding[ray]"'
    )


def test_other_packages_on_a_node_are_named():
    wanted = {**versions(), "torch": "0.4.1"}
    text = Hand(Deeds(), Retries(), wanted, Beginnings()).do('["one", {"number": 1}]')
    with pytest.raises(WorkerError) as told:
        heard(text)
    assert str(told.value) == (
        f"no worker can be had: a node has other versions: torch {versions()['torch']} there, "
        "0.4.1 here; install the same ones on every node"
    )


def test_a_worker_that_fits_nowhere_is_not_waited_for():
    nodes = [node(CPU=4.0), node(alive=False, CPU=4.0, GPU=8.0)]
    with pytest.raises(WorkerError) as told:
        cluster.require_room(ShyRay(nodes=nodes), Crew(workers=3, gpus=0.5))
    assert str(told.value) == (
        "a worker is to have 1 CPUs and 0.5 GPUs, and the cluster's nodes have 4 CPUs and 0 GPUs; "
        "ask for less by --cpus-per-worker and --gpus-per-worker"
    )


@pytest.mark.parametrize(
    ("crew", "room"),
    [
        (Crew(workers=9), 5),
        (Crew(workers=4), 4),
        (Crew(workers=9, cpus=2.0), 2),
        (Crew(workers=9, cpus=0.5, gpus=0.25), 4),
        (Crew(workers=9, cpus=0.0), 9),
    ],
)
def test_no_more_workers_than_there_is_room_for(crew, room):
    nodes = [node(CPU=3.0), node(CPU=2.0, GPU=1.0)]
    assert cluster.require_room(ShyRay(nodes=nodes), crew) == room


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"workers": 0}, "workers is 0; it must be from 1 to 10000"),
        ({"cpus": -1.0}, "cpus_per_worker is -1; it must be from 0 to 1024"),
        ({"gpus": 1.5}, "gpus_per_worker is 1.5; above 1 it must be a whole number"),
    ],
)
def test_a_crew_outside_its_range_is_refused(wrong, said):
    with pytest.raises(InvalidValueError) as told:
        Crew(**wrong)
    assert str(told.value) == said


def test_a_cluster_on_this_machine_has_the_gpus_that_are_there(monkeypatch):
    """Ray believes whoever names a number: workers would compute on a processor for a GPU."""
    ray, asked = ShyRay(nodes=[node(CPU=2.0)]), {}
    ray.is_initialized, ray.shutdown = (lambda: False), (lambda: None)
    monkeypatch.setattr(cluster, "require_ray", lambda *_parts: ray)
    monkeypatch.setattr(cluster, "join", lambda _ray, _address, here, **_told: asked.update(here))
    opened = cluster.connected(None, Crew(gpus=1.0))
    with pytest.raises(WorkerError, match="nodes have 2 CPUs and 0 GPUs"), opened:
        pass
    assert "num_gpus" not in asked


@pytest.mark.parametrize("deaths", [0, 2, 3])
def test_an_item_in_which_workers_died_too_often_is_given_up_untouched(deaths, tmp_path):
    tally = Beginnings()
    for _ in range(deaths):
        tally.begun("one")  # and no end: the worker died in it
    hand = Hand(Deeds(str(tmp_path)), Retries(2), versions(), tally)
    found = heard(hand.do('["one", {"number": 1}]'))
    if deaths < 3:
        assert found == Finished("one", {"square": 1, "third": 1 / 3})
    else:
        assert found == Failed("one", "its worker died 3 times", 3)
    assert len(list(tmp_path.iterdir())) == (1 if deaths < 3 else 0)
    assert tally.begun("one") == 0


@given(st.integers(1, 2_000_000), st.integers(1, 300))
def test_pieces_are_few_enough_for_ray_and_small_enough_for_workers(items, workers):
    pieces = pieces_of(items, workers)
    assert 1 <= pieces <= min(items, 10_000)
    if items <= 32 * workers:
        assert pieces == min(items, 10_000)
    if pieces < 10_000:
        assert items <= 4 * pieces
