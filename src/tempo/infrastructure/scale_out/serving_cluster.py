"""Ray's cluster that the service's replicas are on: found, or started on this machine."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tempo.infrastructure.scale_out.installed import require_ray
from tempo.infrastructure.scale_out.joining import join

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECT_STORE = 100_000_000
"""Bytes for objects of a cluster that is started here: requests go by other ways."""


@contextmanager
def cluster(address: str, cpus: float) -> Iterator[int]:
    """Be connected to a cluster, and yield how many nodes it has.

    An empty address starts a cluster on this machine, which ends with the connection; it counts at
    least so many CPU cores, so that replicas may share those that there are.

    Raises:
        WorkerError: if Ray is not installed, no cluster answers there, or it runs other versions.
    """
    ray = require_ray("ray.serve")
    here = {
        "num_cpus": max(os.cpu_count() or 1, round(cpus + 0.5)),
        "object_store_memory": OBJECT_STORE,
        "include_dashboard": False,
    }
    join(ray, address or None, here, log_to_driver=True, configure_logging=False)
    try:
        yield sum(node["Alive"] for node in ray.nodes())
    finally:
        ray.shutdown()
