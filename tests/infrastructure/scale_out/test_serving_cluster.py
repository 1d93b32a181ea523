"""The cluster of the service's replicas, as far as none is needed for it."""

import subprocess
import sys
from dataclasses import replace

import pytest

from tempo.application.serving.replica_plan import ReplicaPlan
from tempo.domain.errors import WorkerError
from tempo.infrastructure.scale_out import serving_cluster
from tempo.infrastructure.scale_out.replicas import deployment_options, reason
from tempo.infrastructure.scale_out.serving_cluster import cluster

LAZY = """
import sys
import tempo, tempo.interfaces.cli.entry, tempo.interfaces.cli.serve_command
import tempo.interfaces.http.app, tempo.infrastructure.documents
print(sorted({"ray", "sqlalchemy", "psycopg", "pyarrow"} & set(sys.modules)))
"""


PLAN = ReplicaPlan("", 2, 2, 2, 0.5, 1.0, 7, 3.0)


class ShyRay:
    """Ray over two cores without a GPU."""

    shut = 0

    def init(self, **_options):
        pass

    def cluster_resources(self):
        return {"CPU": 2.0}

    def nodes(self):
        return [{"Alive": True}]

    def shutdown(self):
        self.shut += 1


def test_a_plain_service_loads_neither_ray_nor_a_database():
    told = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, check=True, text=True)
    assert told.stdout == "[]\n"


def test_without_ray_one_sentence_says_how_it_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.serve", None)
    with pytest.raises(WorkerError) as raised, cluster(PLAN):
        pass
    assert str(raised.value) == (
        'the engine ray needs Ray, which is not installed here: pip install "tempo-decoding[ray]"'
    )


def test_a_replica_that_cannot_be_started_says_why():
    trace = "failed 1 times\nRuntimeError: Traceback (most recent call last):\n  x\n"
    told = f"{trace}RuntimeError: there is no folder '/nowhere'; give another\n\n"
    assert reason(told, "failed") == "there is no folder '/nowhere'; give another"
    assert reason("", "Traceback\n  x\nValueError: why\n\n") == "ValueError: why"
    assert reason("no room\n", "failed") == "no room"
    assert reason("", "") == "no reason was given"


def test_a_plan_in_rays_words():
    fixed = deployment_options(PLAN)
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


def test_a_replica_that_this_machine_has_no_gpu_for_is_not_waited_for(monkeypatch):
    ray = ShyRay()
    monkeypatch.setattr(serving_cluster, "require_ray", lambda *_parts: ray)
    with pytest.raises(WorkerError) as told, cluster(PLAN):
        pass
    assert str(told.value) == (
        "a replica is to have 0.5 GPUs, and this machine has 0; ask for less by --replica-gpus, "
        "or name a cluster that has them by --address"
    )
    assert ray.shut == 1
    with cluster(replace(PLAN, gpus=0.0)) as nodes:
        assert nodes == 1
