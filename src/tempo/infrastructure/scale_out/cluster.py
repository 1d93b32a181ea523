"""A connection to a Ray cluster: one that is there, or one made on this machine for the while."""

from __future__ import annotations

import logging
import math
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tempo.domain.errors import WorkerError
from tempo.infrastructure.scale_out.installed import require_ray
from tempo.infrastructure.scale_out.joining import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.infrastructure.scale_out.crew import Crew

STORE_BYTES = 200_000_000
"""Of the object store of a cluster on this machine: what travels are prompts and texts."""

LOUD = ("ray", "ray.data", "ray._private.worker")


@contextmanager
def connected(address: str | None, crew: Crew) -> Iterator[Any]:
    """Yield Ray, connected to the cluster at an address.

    None is that of the variable RAY_ADDRESS; without it, a cluster is started on this machine.

    A connection that the process has already is used and left as it is.

    Raises:
        WorkerError: if Ray is not installed, no cluster answers there, its versions differ from
            those here, or no node of it has what one worker needs.
    """
    ray = require_ray("ray.data", "ray.util.scheduling_strategies")
    mine = not ray.is_initialized()
    _silence()
    if mine:
        quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
        where = (os.environ.get("RAY_ADDRESS") or None) if address is None else address
        join(ray, where, _here(crew), **quiet)
    try:
        with _hushed():
            require_room(ray, crew)
            yield ray
    finally:
        if mine:
            ray.shutdown()


def require_room(ray: Any, crew: Crew) -> int:  # noqa: ANN401 - a module
    """Return for how many workers there is room, one at least.

    Raises:
        WorkerError: if no node has what one worker needs: it would be waited for without end.
    """
    alive = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    has = [(node.get("CPU", 0.0), node.get("GPU", 0.0)) for node in alive]
    room = sum(crew.fitting(cpus, gpus) for cpus, gpus in has)
    if room:
        return min(room, crew.workers)
    most = ", ".join(f"{cpus:g} CPUs and {gpus:g} GPUs" for cpus, gpus in sorted(set(has)))
    message = (
        f"a worker is to have {crew.cpus:g} CPUs and {crew.gpus:g} GPUs, and the cluster's nodes "
        f"have {most or 'nothing'}; ask for less by --cpus-per-worker and --gpus-per-worker"
    )
    raise WorkerError(message)


def _here(crew: Crew) -> dict[str, object]:
    """Return what a cluster on this machine has; its GPUs are those that Ray finds."""
    return {
        "num_cpus": max(1, math.ceil(crew.workers * crew.cpus)),
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
    }


def _silence() -> None:
    """Keep Ray's own log off the terminal: what is to be known of it, the engine says itself."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of what Ray has in C++
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the cluster's messages off standard output, where results may go, for a while.

    Ray prints them there from a thread of its own, whatever its settings; its log files keep them.
    """
    from ray._private import worker as printing  # noqa: PLC0415 - optional

    name = "print_to_stdstream"
    before = getattr(printing, name, None)
    if before is None:
        yield
        return
    setattr(printing, name, lambda *_messages, **_options: None)
    try:
        yield
    finally:
        setattr(printing, name, before)
