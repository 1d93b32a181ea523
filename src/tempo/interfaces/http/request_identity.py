"""The name of a request: in its log lines, in its answer, in its errors."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import Scope

HEADER = "X-Request-ID"
FITTING = re.compile(r"[A-Za-z0-9._-]{1,64}")
KEY = "tempo.request_id"

_AT_HAND: ContextVar[str] = ContextVar(KEY, default="")


def name_request(scope: Scope, headers: Headers) -> str:
    """Take over the name that a client gave, where it is one, or draw one."""
    given = headers.get(HEADER, "")
    name = given if FITTING.fullmatch(given) else uuid4().hex
    scope[KEY] = name
    _AT_HAND.set(name)
    return name


def request_at_hand() -> str:
    """Return the name of the request that is being answered, also in the threads that help."""
    return _AT_HAND.get()


def request_id_of(scope: Scope) -> str:
    """Return the name of a request."""
    return str(scope.get(KEY, ""))
