"""What is refused before a cluster is waited for, and how Ray's own refusals are told."""

import socket
import subprocess
import sys
import time

import pytest
from ray._private.utils import check_version_info

from tempo.application.serving.replica_plan import ReplicaPlan
from tempo.domain.errors import InvalidValueError, UnavailableError
from tempo.infrastructure.scale_out import serving_cluster
from tempo.infrastructure.scale_out.replicas import deployment_options, reason
from tempo.infrastructure.scale_out.serving_cluster import cluster, refusal, require_answer

LAZY = """
import sys
import tempo, tempo.interfaces.cli.entry, tempo.interfaces.cli.serve_command
import tempo.interfaces.http.app, tempo.infrastructure.documents
print(sorted({"ray", "sqlalchemy", "psycopg", "pyarrow"} & set(sys.modules)))
"""


def test_a_plain_service_loads_neither_ray_nor_a_database():
    told = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, check=True, text=True)
    assert told.stdout == "[]\n"


def test_without_ray_one_sentence_says_how_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InvalidValueError) as raised, cluster("", 1.0):
        pass
    assert str(raised.value) == "engine ray needs Ray: pip install 'tempo-decoding[ray]'"


def test_an_address_that_nothing_listens_at_is_refused_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        require_answer(f"127.0.0.1:{port}")
        require_answer(f"ray://127.0.0.1:{port}")
    with pytest.raises(UnavailableError) as raised, cluster(f"127.0.0.1:{port}", 1.0):
        pass
    assert str(raised.value) == (
        f"no Ray cluster answers at 127.0.0.1:{port}: Connection refused; start one by "
        "`ray start --head`, or leave --address out for one on this machine"
    )


def test_an_address_that_swallows_connections_is_given_up_within_seconds(monkeypatch):
    monkeypatch.setattr(serving_cluster, "PROBING", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        began = time.monotonic()
        with pytest.raises(UnavailableError, match=r"no answer in 0\.2 s"):
            require_answer(f"127.0.0.1:{address[1]}")
        assert time.monotonic() - began < 30.0
        for one in waiting:
            one.close()


@pytest.mark.parametrize("address", ["somewhere", "host:port", "http://", "127.0.0.1", ":6379"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InvalidValueError, match=r"it must be HOST:PORT, such as 127\.0\.0\.1:6379"):
        require_answer(address)


def test_other_versions_of_ray_or_python_are_told_as_such():
    with pytest.raises(RuntimeError) as raised:
        check_version_info({"ray_version": "1.0.0", "python_version": "3.9.1"}, "this process")
    told = refusal("10.0.0.1:6379", raised.value)
    assert told.startswith(
        "the Ray cluster at 10.0.0.1:6379 runs other versions than this process: "
    )
    assert "1.0.0" in told
    assert "3.9.1" in told
    assert told.endswith("; install the same Ray and the same Python on all nodes")
    assert "\n" not in told


def test_what_ray_says_is_told_in_one_sentence():
    assert refusal("auto", ConnectionError("none")) == (
        "there is no Ray cluster on this machine; start one by `ray start --head`, or leave "
        "--address out"
    )
    assert (
        refusal("", OSError("no\nroom")) == "no Ray cluster could be had on this machine: no room"
    )


def test_a_replica_that_cannot_be_started_says_why():
    trace = "failed 1 times\nRuntimeError: Traceback (most recent call last):\n  x\n"
    told = f"{trace}RuntimeError: there is no folder '/nowhere'; give another\n\n"
    assert reason(told, "failed") == "there is no folder '/nowhere'; give another"
    assert reason("", "Traceback\n  x\nValueError: why\n\n") == "ValueError: why"
    assert reason("no room\n", "failed") == "no room"
    assert reason("", "") == "no reason was given"


def test_a_plan_in_rays_words():
    fixed = deployment_options(ReplicaPlan("", 2, 2, 2, 0.5, 1.0, 7, 3.0))
    assert fixed["num_replicas"] == 2
    assert fixed["ray_actor_options"] == {"num_cpus": 1.0, "num_gpus": 0.5}
    assert fixed["graceful_shutdown_timeout_s"] == 4.0
    varied = deployment_options(ReplicaPlan("", 1, 2, 4, 0.0, 1.0, 7, 3.0))
    assert "num_replicas" not in varied
    assert varied["autoscaling_config"] == {
        "min_replicas": 1,
        "initial_replicas": 2,
        "max_replicas": 4,
        "target_ongoing_requests": 7,
    }
