"""Joining a Ray cluster: one that is there, or one that is started on this machine."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tempo.domain.errors import WorkerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLIENT = "ray://"
ANSWERING = 5.0
"""Seconds that a port may take to be opened."""

HEALTHY = 15.0
"""Seconds that a cluster may take to say who it is."""


def join(
    ray: Any,  # noqa: ANN401 - a module
    address: str | None,
    here: Mapping[str, object],
    **told: object,
) -> None:
    """Connect this process to the cluster at an address; for None, to one that is started here.

    Args:
        ray: Ray itself.
        address: HOST:PORT, ray://HOST:PORT, or auto for one on this machine.
        here: what a cluster that is started here has.
        told: what else Ray is told, wherever the cluster is.

    Raises:
        WorkerError: if no cluster answers there in time, or its versions differ from those here.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent unless it is asked for
    if address is not None:
        require_answer(address)
    where = {"address": "local", **here} if address is None else {"address": address}
    try:
        with _mute():
            ray.init(**where, **told)
    except RuntimeError as error:
        raise WorkerError(_version_sentence(address or "this machine", str(error))) from error
    except (ConnectionError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        message = (
            f"no Ray cluster can be used at {where['address']}: {reason}; name another --address"
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
    """Ask a cluster for its name, in a thread that can be left behind: Ray waits for a minute."""
    from ray import _raylet  # noqa: PLC0415 - optional

    failed: list[Exception] = []

    def ask() -> None:
        try:
            client = _raylet.GcsClient(address=address)  # type: ignore[attr-defined] # compiled
            client.internal_kv_get(b"session_name", b"session")
        except Exception as error:  # noqa: BLE001  # why: whatever it is, no cluster is there
            failed.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    with _mute():
        asking.start()
        asking.join(HEALTHY)
    if asking.is_alive():
        raise WorkerError(_no_answer(address, f"no answer in {HEALTHY:g} s"))
    if failed:
        message = _no_answer(address, "what is there is no Ray cluster")
        raise WorkerError(message) from failed[0]


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
