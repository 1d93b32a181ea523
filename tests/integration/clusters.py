"""Ray clusters on loopback, for tests: several nodes, small stores, a folder of their own."""

import shutil
import tempfile
from contextlib import contextmanager

import ray
from ray.cluster_utils import Cluster

QUICK = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 3,
}
"""A node that is gone is noticed in seconds."""

STORE = 90_000_000


@contextmanager
def cluster(nodes):
    """Yield a cluster of so many nodes with one CPU each, and nothing of it afterwards."""
    folder = tempfile.mkdtemp(prefix="ray-")  # short: Ray puts sockets in it
    common = {"num_cpus": 1, "object_store_memory": STORE, "include_dashboard": False}
    head = {**common, "_system_config": QUICK, "temp_dir": folder}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes - 1):
            made.add_node(num_cpus=1, object_store_memory=STORE)
        yield made
    finally:
        ray.shutdown()
        made.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
