"""Ray's cluster that the service's replicas are on: found, or started on this machine."""

from __future__ import annotations

import math
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tempo.domain.errors import WorkerError
from tempo.infrastructure.scale_out.installed import require_ray
from tempo.infrastructure.scale_out.joining import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.serving.replica_plan import ReplicaPlan

OBJECT_STORE = 100_000_000
"""Bytes for objects of a cluster that is started here: requests go by other ways."""


@contextmanager
def cluster(plan: ReplicaPlan) -> Iterator[int]:
    """Be connected to the cluster of a plan, and yield how many nodes it has.

    An empty address starts a cluster on this machine, which ends with the connection; it counts at
    least as many CPU cores as replicas set aside, so that they may share those that there are.

    Raises:
        WorkerError: if Ray is not installed, no cluster answers there, or it runs other versions;
            if this machine has too few GPUs for one replica, which it would wait for without end.
    """
    ray = require_ray("ray.serve")
    here = {
        "num_cpus": max(os.cpu_count() or 1, math.ceil(plan.cpus * plan.most)),
        "object_store_memory": OBJECT_STORE,
        "include_dashboard": False,
    }
    join(ray, plan.address or None, here, log_to_driver=True, configure_logging=False)
    try:
        if not plan.address:
            _require_gpus(ray.cluster_resources().get("GPU", 0.0), plan.gpus)
        yield sum(node["Alive"] for node in ray.nodes())
    finally:
        ray.shutdown()


def _require_gpus(has: float, wanted: float) -> None:
    if wanted > has:
        message = (
            f"a replica is to have {wanted:g} GPUs, and this machine has {has:g}; ask for less by "
            "--replica-gpus, or name a cluster that has them by --address"
        )
        raise WorkerError(message)
