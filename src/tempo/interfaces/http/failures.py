"""Errors as a status and one body: `{"error": {"kind", "message", "request_id"}}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tempo.application.settings.ranges import range_of
from tempo.application.settings.settings import SPECS
from tempo.application.settings.words import ALIASES
from tempo.domain import errors
from tempo.infrastructure.logging import service_events
from tempo.interfaces.http.request_identity import request_id_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request

    from tempo.application.settings.specs import SettingSpec

INTERNAL = "something went wrong here; the log has more under this request's id"
NO_JSON = "the body is no JSON document; send one, with Content-Type: application/json"
PRIVATE = frozenset({"prompt", "system_content", "messages"})
"""Fields whose value no error repeats."""

UNREADABLE = 400
INTERNAL_STATUS = 500
"""Nothing else is a fault of the service."""

SHOWN = 80
"""So many characters of a refused value are enough to recognise it by."""

STATUSES: dict[type[errors.TempoError], int] = {
    errors.TooLargeError: 413,
    errors.QueueFullError: 429,
    errors.UnavailableError: 503,
    errors.TimeLimitError: 504,
    errors.RunNotFoundError: 404,
    errors.CancelledRunError: 409,
    errors.InterruptedRunError: 409,
    errors.RunStateError: 409,
    errors.OtherModelError: 409,
    errors.ModelNotFoundError: 404,
    errors.ChoiceError: 422,
    errors.InvalidValueError: 422,
    errors.MemoryExceededError: 503,
    errors.NonFiniteLogitsError: 500,
}
"""The status of each error; those that are not here are 500 and say nothing of themselves."""

NAMES: dict[type[errors.TempoError], str] = {
    errors.TimeLimitError: "timeout",
    errors.InterruptedRunError: "interrupted",
}
"""The kind of each error that clients know by another name."""

KINDS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
}
"""The kind of what is no error of ours."""


def status_of(error: BaseException) -> int:
    """Return the status of an error."""
    return next((code for kind, code in STATUSES.items() if isinstance(error, kind)), 500)


def kind_of(error: BaseException) -> str:
    """Return the error's name as clients meet it: `queue_full` for QueueFullError."""
    if not isinstance(error, errors.TempoError):
        return "internal"
    if type(error) in NAMES:
        return NAMES[type(error)]
    name = type(error).__name__.removesuffix("Error")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def message_of(error: BaseException) -> str:
    """Return what a client is told of an error: nothing, where it is not one of ours."""
    known = isinstance(error, tuple(STATUSES))
    return str(error) if known else INTERNAL


def error_body(kind: str, message: str, request_id: str) -> dict[str, Any]:
    """Return the one shape of all errors."""
    return {"error": {"kind": kind, "message": message, "request_id": request_id}}


def answer_to(request: Request, error: BaseException) -> JSONResponse:
    """Return the answer to a request that raised an error."""
    body = error_body(kind_of(error), message_of(error), request_id_of(request.scope))
    headers = {}
    if isinstance(error, errors.QueueFullError):
        headers["Retry-After"] = str(error.retry_after)
    status = status_of(error)
    if status == INTERNAL_STATUS:
        service_events().error("request.failed", exc_info=error)
    return JSONResponse(body, status, headers)


def log_failed_run(error: BaseException, run_id: str, request_id: str) -> None:
    """Write into the log why a run failed; where it is the service's fault, all of it."""
    names = {"run_id": run_id, "request_id": request_id, "kind": kind_of(error)}
    if status_of(error) == INTERNAL_STATUS:
        service_events().error("run.failed", exc_info=error, **names)
    else:
        service_events().warning("run.failed", reason=str(error), **names)


def install(app: FastAPI) -> None:
    """Give every error its answer."""

    @app.exception_handler(errors.TempoError)
    async def _ours(request: Request, error: errors.TempoError) -> JSONResponse:
        return answer_to(request, error)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        name = request_id_of(request.scope)
        if error.status_code == UNREADABLE:  # a body that is no UTF-8
            return JSONResponse(error_body("invalid_value", NO_JSON, name), 422)
        kind = KINDS.get(error.status_code, "error")
        body = error_body(kind, str(error.detail), name)
        return JSONResponse(body, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        message = "; ".join(_sentence(one) for one in error.errors()[:5])
        body = error_body("invalid_value", message, request_id_of(request.scope))
        return JSONResponse(body, 422)


IN_WORDS = {
    "string_too_short": "it must not be empty",
    "model_attributes_type": "it must be an object with fields",
}
PATTERNS = {
    r"\S": "it must not be blank",
    "^[0-9a-f]{32}$": "it must be the 32 hexadecimal digits that a run was given",
}
"""What a user is told of the patterns of fields, each of which is here."""


def _sentence(found: Mapping[str, Any]) -> str:
    """Return what is wrong with one value: which, what it is, and what is allowed."""
    where = [str(part) for part in found["loc"] if part not in {"body", "query", "path"}]
    name = ".".join(where) or "the body"
    if found["type"] == "extra_forbidden":
        return f"there is no field {name}; see /docs for those there are"
    if found["type"] == "missing":
        return f"{name} is missing; it is required"
    given = found.get("input")
    if found["type"] == "json_invalid" or (not where and isinstance(given, bytes)):
        return NO_JSON
    if not where or where[0] in PRIVATE:
        return f"{name} is wrong; {_allowed(where, found)}"
    return f"{name} is {_shown(given)}; {_allowed(where, found)}"


def _allowed(where: Sequence[str], found: Mapping[str, Any]) -> str:
    spec = SPECS.get(ALIASES.get(where[0], where[0])) if where else None
    if found["type"] in IN_WORDS:
        return IN_WORDS[found["type"]]
    if found["type"] == "string_pattern_mismatch":
        return PATTERNS[found["ctx"]["pattern"]]
    if spec is None or not _is_bound_of(spec, found):
        text = str(found["msg"])
        return text[:1].lower() + text[1:]
    choices = f"one of {', '.join(spec.choices)}" if spec.choices else spec.allowed
    kinds = {int: "a whole number, ", float: "a number, "}
    return f"it must be {kinds.get(spec.kind, '')}{choices}"


def _is_bound_of(spec: SettingSpec, found: Mapping[str, Any]) -> bool:
    """Whether a value broke the setting's own range, and no narrower one of the request."""
    own, bounds = range_of(spec), found.get("ctx", {})
    ends = {"le": own.most, "ge": own.least, "gt": own.least}
    return all(bounds[key] == end for key, end in ends.items() if key in bounds)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python spells no whole number of thousands of digits
        text = f"a {type(value).__name__} of thousands of digits"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
