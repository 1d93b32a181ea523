"""Joining a cluster, as far as none is needed for it."""

import socket
import time

import pytest
from ray._private.utils import check_version_info

from tempo.domain.errors import WorkerError
from tempo.infrastructure.scale_out import joining

THEIRS = """Version mismatch: The cluster was started with:
    Ray: 2.44.0
    Python: 3.12.1
This process on node 10.0.0.7 was started with:
    Ray: 2.60.0
    Python: 3.11.7
"""


class ShyRay:
    """Ray that is installed, and whose `init` raises."""

    def __init__(self, error):
        self._error = error

    def init(self, **_options):
        raise self._error


@pytest.fixture
def closed_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
def test_an_address_where_nothing_answers_is_told_at_once(closed_port, form):
    address = form.format(closed_port)
    with pytest.raises(WorkerError) as told:
        joining.require_answer(address)
    assert str(told.value) == (
        f"no Ray cluster answers at {address} (Connection refused); start one by `ray start "
        "--head`, name another --address, or leave it out for workers on this machine"
    )


def test_a_port_behind_which_no_cluster_is_does_not_hang(monkeypatch):
    monkeypatch.setattr(joining, "HEALTHY", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(WorkerError, match=r"no Ray cluster answers at .* \(no answer in 0.5 s"):
            joining.require_answer(address)


@pytest.mark.parametrize("address", ["here", "10.0.0.1", "ray://:10001", "host:port"])
def test_what_is_no_address_is_told(address):
    with pytest.raises(WorkerError) as told:
        joining.require_answer(address)
    assert str(told.value) == (
        f"address is {address!r}; it must be HOST:PORT, ray://HOST:PORT or auto"
    )


def test_other_versions_on_the_cluster_are_named(monkeypatch):
    monkeypatch.setattr(joining, "require_answer", lambda _address: None)
    with pytest.raises(WorkerError) as told:
        joining.join(ShyRay(RuntimeError(THEIRS)), "10.0.0.7:6379", {})
    assert str(told.value) == (
        "the cluster at 10.0.0.7:6379 and this process differ: there Ray: 2.44.0, Python: 3.12.1; "
        "here Ray: 2.60.0, Python: 3.11.7; use the same versions of Ray and Python on every node"
    )


def test_what_ray_itself_says_of_versions_is_understood(monkeypatch):
    monkeypatch.setattr(joining, "require_answer", lambda _address: None)
    with pytest.raises(RuntimeError) as raised:
        check_version_info({"ray_version": "1.0.0", "python_version": "3.9.1"}, "this process")
    with pytest.raises(WorkerError) as told:
        joining.join(ShyRay(raised.value), "10.0.0.7:6379", {})
    assert str(told.value).startswith(
        "the cluster at 10.0.0.7:6379 and this process differ: there Ray: 1.0.0, Python: 3.9.1; "
    )


def test_what_ray_says_is_told_in_one_sentence():
    with pytest.raises(WorkerError) as told:
        joining.join(ShyRay(OSError("no\nroom")), None, {})
    assert str(told.value) == (
        "no Ray cluster can be used at local: no room; name another --address"
    )


def test_an_address_that_swallows_connections_is_given_up_within_seconds(monkeypatch):
    monkeypatch.setattr(joining, "ANSWERING", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        began = time.monotonic()
        with pytest.raises(WorkerError, match=r"no Ray cluster answers at .* \(timed out\)"):
            joining.require_answer(f"127.0.0.1:{address[1]}")
        assert time.monotonic() - began < 30.0
        for one in waiting:
            one.close()
