"""What every request passes: its name, who may ask, how large it is, and headers of its answer."""

from __future__ import annotations

import hmac
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from tempo.application.serving.service_settings import is_loopback
from tempo.infrastructure.logging import service_events
from tempo.interfaces.http.failures import INTERNAL, error_body
from tempo.interfaces.http.request_identity import HEADER, name_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tempo.application.serving.service_settings import ServiceSettings

OPEN = ("/health", "/ready", "/docs", "/openapi.json")
"""What needs no token: nothing that anyone asked or was answered is there."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "Cache-Control": "no-store",
}

Answered = tuple[str, str, int, float]
"""Method, route, status and seconds of a request."""


class Guard:
    """The outermost layer of the service; it sees every answer, those to errors too."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        allowed: Callable[[str], int],
        answered: Callable[[Answered], None],
        is_page: Callable[[str], bool],
    ) -> None:
        """Guard an application.

        `allowed` gives the seconds that a client has to wait, 0 for none; `answered` counts;
        `is_page` tells which paths are the web UI: they need no token, since the page asks for it,
        but without a token it shows itself to this machine alone, as the service does.
        """
        self._app = app
        self._settings = settings
        self._token = f"Bearer {settings.api_token}".encode() if settings.api_token else b""
        self._allowed = allowed
        self._answered = answered
        self._is_page = is_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = name_request(scope, headers)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        answer = _Answer(send, name)
        began = perf_counter()
        try:
            await self._guarded(scope, headers, receive, answer)
        except Exception as error:  # why: a client gets no trace, and the log has it
            service_events().error("request.failed", exc_info=error)
            if answer.status:
                raise
            body = error_body("internal", INTERNAL, name)
            await JSONResponse(body, 500)(scope, receive, answer)
        finally:
            self._told(scope, answer.status, perf_counter() - began)

    async def _guarded(
        self, scope: Scope, headers: Headers, receive: Receive, send: _Answer
    ) -> None:
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        limited = _Limited(receive, self._settings.max_body_bytes)
        await self._app(scope, limited, send)

    def _refusal(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        """Return the answer to a request that goes no further."""
        name, path = scope["tempo.request_id"], scope["path"]
        public = path in OPEN or path.startswith("/docs/")
        free = public or self._is_page(path)
        if self._token and not free:
            given = headers.get("authorization", "").encode("latin-1", "replace")
            if not hmac.compare_digest(given, self._token):
                body = error_body("unauthorized", "give the service's bearer token", name)
                return JSONResponse(body, 401, {"WWW-Authenticate": "Bearer"})
        elif not (self._token or public or self._settings.allow_anonymous) and not (
            _is_local(scope) and _names_this_machine(scope, headers)
        ):
            message = (
                "this service answers its own machine alone, as localhost or 127.0.0.1, "
                "while it has no token"
            )
            return JSONResponse(error_body("forbidden", message, name), 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._settings.max_body_bytes:
            return JSONResponse(error_body("too_large", _too_large(self._settings), name), 413)
        seconds = 0 if free else self._allowed((scope.get("client") or ("",))[0])
        if seconds:
            message = f"more requests than the rate limit allows; try again in {seconds} s"
            body = error_body("rate_limited", message, name)
            return JSONResponse(body, 429, {"Retry-After": str(seconds)})
        return None

    def _told(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "")
        self._answered((scope["method"], route, status, seconds))
        service_events().info(
            "request.answered",
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(1000.0 * seconds, 1),
        )


class _Answer:
    """Sends an answer with the headers that all have."""

    def __init__(self, send: Send, name: str) -> None:
        self._send = send
        self._name = name
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[HEADER] = self._name
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


class _Limited:
    """Receives a body up to a bound, whatever length it claims."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._bytes = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._most:
            raise HTTPException(413, f"the body is longer than {self._most} bytes; send less")
        return message


def _too_large(settings: ServiceSettings) -> str:
    return f"the body is longer than {settings.max_body_bytes} bytes; send less"


def _names_this_machine(scope: Scope, headers: Headers) -> bool:
    """Whether a client asked for this machine by a name that is always its own.

    A page from elsewhere can have its own name lead to 127.0.0.1, and a browser then lets it read
    what is answered there; the name it asked for gives it away.
    """
    try:
        name = urlsplit(f"//{headers.get('host', '')}").hostname
    except ValueError:
        return False
    if name is None:
        return True
    server = str((scope.get("server") or ("",))[0]).lower()
    return name == server or name.endswith(".localhost") or is_loopback(name)


def _is_local(scope: Scope) -> bool:
    """Whether a request came in at an address that this machine alone reaches.

    The address is that of the socket; a name or a path is none that others could reach.
    """
    host = str((scope.get("server") or ("",))[0])
    is_address = host.replace(".", "").isdecimal() or ":" in host
    return not is_address or is_loopback(host)
