"""The sockets that the service listens on, taken before a model is loaded for them."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from tempo.domain.errors import UnavailableError

ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""What the system says of an address that this machine does not have."""

LONGEST_TIMEOUT = 2**31 - 1
"""Milliseconds that the system takes."""


def listen_on(host: str, port: int, send_seconds: float = 0.0) -> list[socket.socket]:
    """Return a socket for each address of a host, all on one port; port 0 takes a free one.

    Connections are dropped whose client takes nothing of what is sent for `send_seconds`, where the
    system can see to that (Linux); 0 leaves that to the system.

    An address that this machine does not have, such as ::1 where there is no IPv6, is left out as
    long as there are others.

    Raises:
        UnavailableError: if the host has no address, or one of them cannot be listened on.
    """
    sockets: list[socket.socket] = []
    failures: list[OSError] = []
    for family, place in _addresses(host, port):
        chosen = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(socket.create_server((place[0], chosen, *place[2:]), family=family))
            sockets[-1].set_inheritable(True)  # by the process that --reload starts
            _send_at_once(sockets[-1])
            _drop_unread(sockets[-1], send_seconds)
        except OSError as error:
            failures.append(error)
    grave = [one for one in failures if not sockets or one.errno not in ABSENT]
    if grave:
        for made in sockets:
            made.close()
        raise UnavailableError(_reason(host, port, grave[0])) from grave[0]
    return sockets


def address_of(one: socket.socket) -> str:
    """Return what a client calls a socket by."""
    host, port = one.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _send_at_once(one: socket.socket) -> None:
    """Let connections of a socket send each part of an answer without waiting for the last.

    They inherit it. asyncio asks it of sockets alone that were made with the protocol's number, so
    that the body of every answer waited 40 ms until the client had confirmed its head.
    """
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _drop_unread(one: socket.socket, seconds: float) -> None:
    """Let the system drop connections of a socket that nothing can be sent through."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        milliseconds = min(round(1000.0 * seconds), LONGEST_TIMEOUT)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def _addresses(host: str, port: int) -> list[tuple[Any, Any]]:
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, ValueError) as error:  # a ValueError for what no name can hold
        message = f"no address is known for host {host[:80]!r}; name one of this machine by --host"
        raise UnavailableError(message) from error
    return [(family, place) for family, _, _, _, place in dict.fromkeys(found)]


def _reason(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; choose another --port, or 0 for a free one"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; name one that is by --host"
    told = os.strerror(error.errno) if error.errno else str(error)
    return f"{host}:{port} cannot be listened on: {told}; choose another --host or --port"
