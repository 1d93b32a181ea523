"""Ray's cluster that the service's replicas are on: found, or started on this machine."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tempo.domain.errors import InvalidValueError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

PROBING = 5.0
"""Seconds that a cluster has to take a connection."""

OBJECT_STORE = 100_000_000
"""Bytes for objects of a cluster that is started here: requests go by other ways."""

AUTO = "auto"


def require_ray() -> None:
    """Refuse what needs Ray where it is not installed.

    Raises:
        InvalidValueError: saying how to install it.
    """
    try:
        import ray.serve  # noqa: F401, PLC0415 - an extra, and takes seconds
    except ImportError:
        message = "engine ray needs Ray: pip install 'tempo-decoding[ray]'"
        raise InvalidValueError(message) from None


@contextmanager
def cluster(address: str, cpus: float) -> Iterator[int]:
    """Be connected to a cluster, and yield how many nodes it has.

    An empty address starts a cluster on this machine, which ends with the connection; it counts at
    least so many CPU cores, so that replicas may share those that there are.

    Raises:
        InvalidValueError: if Ray is not installed, or the address is none.
        UnavailableError: if nothing answers there, or it runs other versions.
    """
    require_ray()
    import ray  # noqa: PLC0415 - an extra, and takes seconds

    require_answer(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent unless it is asked for
    options: dict[str, Any] = {"address": address} if address else _own(cpus)
    try:
        ray.init(**options, log_to_driver=True, configure_logging=False)
    except Exception as error:  # why: Ray raises what it likes, and its reason is told
        raise UnavailableError(refusal(address, error)) from error
    try:
        yield sum(node["Alive"] for node in ray.nodes())  # type: ignore[no-untyped-call]
    finally:
        ray.shutdown()


def _own(cpus: float) -> dict[str, object]:
    return {
        "address": "local",  # not one that happens to be there
        "num_cpus": max(os.cpu_count() or 1, round(cpus + 0.5)),
        "object_store_memory": OBJECT_STORE,
        "include_dashboard": False,
    }


def require_answer(address: str) -> None:
    """Refuse an address that nothing listens at, within seconds: Ray itself tries for minutes.

    Raises:
        InvalidValueError: if it is no address.
        UnavailableError: if nothing takes a connection there.
    """
    if address in {"", AUTO}:
        return
    host, port = _place(address)
    try:
        socket.create_connection((host, port), PROBING).close()
    except OSError as error:
        why = f"no answer in {PROBING:g} s" if isinstance(error, TimeoutError) else error.strerror
        message = (
            f"no Ray cluster answers at {address}: {why or error}; start one by "
            "`ray start --head`, or leave --address out for one on this machine"
        )
        raise UnavailableError(message) from error


def _place(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or port is None:
        message = (
            f"address is {address[:80]!r}; it must be HOST:PORT, such as 127.0.0.1:6379, "
            f"ray://HOST:PORT or {AUTO}"
        )
        raise InvalidValueError(message)
    return host, port


def refusal(address: str, error: Exception) -> str:
    """Return why Ray did not connect, in one sentence."""
    reason = " ".join(str(error).split())
    if "ersion mismatch" in reason:
        return (
            f"the Ray cluster at {address} runs other versions than this process: {reason}; "
            "install the same Ray and the same Python on all nodes"
        )
    if address == AUTO and isinstance(error, ConnectionError):
        return (
            "there is no Ray cluster on this machine; start one by `ray start --head`, or leave "
            "--address out"
        )
    place = f"at {address}" if address else "on this machine"
    return f"no Ray cluster could be had {place}: {reason or type(error).__name__}"
