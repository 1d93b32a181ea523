"""Connecting to a cluster, as far as none is needed for it."""

import socket
import sys

import pytest

from tempo.application.workers.attempts import Retries
from tempo.application.workers.work import Failed, Finished
from tempo.domain.errors import InvalidValueError, WorkerError
from tempo.infrastructure.scale_out import cluster
from tempo.infrastructure.scale_out.crew import Crew
from tempo.infrastructure.scale_out.hand import Hand, heard, versions
from tempo.infrastructure.scale_out.tally import Beginnings
from tests.fakes.works import Deeds

THEIRS = """Version mismatch: The cluster was started with:
    Ray: 2.44.0
    Python: 3.12.1
This process on node 10.0.0.7 was started with:
    Ray: 2.60.0
    Python: 3.11.7
"""


class ShyRay:
    """Ray that is installed, and whose `init` raises."""

    def __init__(self, error=None, nodes=()):
        self._error = error
        self._nodes = nodes

    def init(self, **_options):
        raise self._error

    def nodes(self):
        return self._nodes


def node(alive=True, **resources):
    return {"Alive": alive, "Resources": resources}


@pytest.fixture
def closed_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def test_without_ray_one_sentence_says_how_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(WorkerError) as told, cluster.connected(None, Crew()):
        pass
    assert str(told.value) == (
        'the engine ray needs Ray, which is not installed here: pip install "tempo-decoding[ray]"'
    )


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_an_address_where_nothing_answers_is_told_at_once(closed_port, form):
    address = form.format(closed_port)
    with pytest.raises(WorkerError) as told:
        cluster.require_answer(address)
    assert str(told.value) == (
        f"no Ray cluster answers at {address} (Connection refused); start one by `ray start "
        "--head`, name another --address, or leave it out for workers on this machine"
    )


def test_a_port_behind_which_no_cluster_is_does_not_hang(monkeypatch):
    monkeypatch.setattr(cluster, "HEALTHY", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(WorkerError, match=r"no Ray cluster answers at .* \(no answer in 0.5 s"):
            cluster.require_answer(address)


@pytest.mark.parametrize("address", ["here", "10.0.0.1", "ray://:10001", "host:port"])
def test_what_is_no_address_is_told(address):
    with pytest.raises(WorkerError) as told:
        cluster.require_answer(address)
    assert str(told.value) == (
        f"address is {address!r}; it must be HOST:PORT, ray://HOST:PORT or auto"
    )


def test_other_versions_on_the_cluster_are_named(monkeypatch):
    monkeypatch.setattr(cluster, "require_answer", lambda _address: None)
    with pytest.raises(WorkerError) as told:
        cluster._connect(ShyRay(RuntimeError(THEIRS)), "10.0.0.7:6379", Crew())
    assert str(told.value) == (
        "the cluster at 10.0.0.7:6379 and this process differ: there Ray: 2.44.0, Python: 3.12.1; "
        "here Ray: 2.60.0, Python: 3.11.7; use the same versions of Ray and Python on every node"
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
