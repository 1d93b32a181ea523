"""A connection to a Ray cluster: one that is there, or one made on this machine for the while."""

from __future__ import annotations

import logging
import math
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tempo.domain.errors import WorkerError
from tempo.infrastructure.scale_out.installed import require_ray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.infrastructure.scale_out.crew import Crew

CLIENT = "ray://"
ANSWERING = 5.0
"""Seconds that a port may take to be opened."""

HEALTHY = 30.0
"""Seconds that a cluster may take to say who it is, Ray's own start included."""

STORE_BYTES = 200_000_000
"""Of the object store of a cluster on this machine: what travels are prompts and texts."""

LOUD = ("ray", "ray.data", "ray._private.worker")


@contextmanager
def connected(address: str | None, crew: Crew) -> Iterator[Any]:
    """Yield Ray, connected to the cluster at an address; to one on this machine for None.

    A connection that the process has already is used and left as it is.

    Raises:
        WorkerError: if Ray is not installed, no cluster answers there, its versions differ from
            those here, or no node of it has what one worker needs.
    """
    ray = require_ray()
    mine = not ray.is_initialized()
    _silence()
    if mine:
        _connect(ray, address or os.environ.get("RAY_ADDRESS"), crew)
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


def _connect(ray: Any, address: str | None, crew: Crew) -> None:  # noqa: ANN401 - a module
    here = {
        "address": "local",
        "num_cpus": max(1, math.ceil(crew.workers * crew.cpus)),
        "num_gpus": math.ceil(crew.workers * crew.gpus) or None,
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
    }
    if address is not None:
        require_answer(address)
    there = here if address is None else {"address": address}
    try:
        with _mute():
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **there)
    except RuntimeError as error:
        raise WorkerError(_version_sentence(address or "this machine", str(error))) from error
    except (ConnectionError, ValueError) as error:
        reason = " ".join(str(error).split())
        message = (
            f"no Ray cluster can be used at {there['address']}: {reason}; name another --address"
        )
        raise WorkerError(message) from error


def require_answer(address: str, seconds: float = ANSWERING) -> None:
    """Refuse an address where nothing answers, in seconds; Ray itself would try for minutes.

    Raises:
        WorkerError: with the address and what to do.
    """
    if address == "auto":
        return
    try:
        place = urlsplit(address if "://" in address else f"//{address}")
        host, port = place.hostname, place.port
    except ValueError:
        host, port = None, None
    if not host or port is None:
        message = f"address is {address!r}; it must be HOST:PORT, {CLIENT}HOST:PORT or auto"
        raise WorkerError(message)
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError as error:
        raise WorkerError(_no_answer(address, error.strerror or str(error))) from error
    if not address.startswith(CLIENT):
        _require_healthy(address)


def _require_healthy(address: str) -> None:
    """Ask a cluster who it is, in a process that can be ended: Ray's own waiting cannot."""
    ask = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--skip-version-check"]
    try:
        asked = subprocess.run(  # noqa: S603 - Ray's own command, an address that was read
            [*ask, "--address", address], capture_output=True, check=False, timeout=HEALTHY
        )
    except subprocess.TimeoutExpired as error:
        raise WorkerError(_no_answer(address, f"no answer in {HEALTHY:g} s")) from error
    if asked.returncode:
        raise WorkerError(_no_answer(address, "what is there is no Ray cluster"))


def _no_answer(address: str, reason: str) -> str:
    return (
        f"no Ray cluster answers at {address} ({reason}); start one by `ray start --head`, name "
        "another --address, or leave it out for workers on this machine"
    )


def _version_sentence(address: str, said: str) -> str:
    told = [line.strip() for line in said.splitlines()]
    found = [line for line in told if line.startswith(("Ray:", "Python:"))]
    if "Version mismatch" in said and len(found) >= len(("ray", "python")) * 2:
        theirs, ours = ", ".join(found[:2]), ", ".join(found[2:4])
        return (
            f"the cluster at {address} and this process differ: there {theirs}; here {ours}; "
            "use the same versions of Ray and Python on every node"
        )
    return f"the Ray cluster at {address} cannot be used: {' '.join(said.split())}"


def _silence() -> None:
    """Keep Ray's own log off the terminal: what is to be known of it, the engine says itself."""
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of what Ray has in C++
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def _mute() -> Iterator[None]:
    """Drop what this process writes on standard error for a while, from C++ too."""
    sys.stderr.flush()
    before = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


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
