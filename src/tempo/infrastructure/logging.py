"""Structured events through the standard library's logging: silent until someone listens."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from tempo.domain.errors import OutputError
from tempo.infrastructure.log_file import EVENT, LogFile, dated_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.stdlib import BoundLogger
    from structlog.typing import EventDict, Processor

    from tempo.application.decoding.watching import NearBound

NAME = "tempo"
SERVICE = "tempo.service"
BENEATH = ("uvicorn.error", "asyncio")
ORDER = ("timestamp", "level", "event")
_AS_LINE = structlog.processors.KeyValueRenderer(key_order=list(ORDER))


def events() -> BoundLogger:
    """Return the project's logger; each event is a fixed name with key-values."""
    return _logger(NAME, _told_and_kept)


def _told_and_kept(
    logger: object, name: str, event: EventDict
) -> tuple[tuple[object, ...], dict[str, object]]:
    """Render an event as a line of key-values, and keep it as a mapping for a log file."""
    kept = {key: event[key] for key in (*ORDER, *(key for key in event if key not in ORDER))}
    return (_AS_LINE(logger, name, event),), {"extra": {EVENT: kept}}


def service_events() -> BoundLogger:
    """Return the service's logger: JSON, with what the request at hand is bound to."""
    return _logger(
        SERVICE,
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    )


def _logger(name: str, *processors: Processor) -> BoundLogger:
    """Return a logger whose events go through processors behind level and time."""
    logger: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *processors,
        ],
    )
    return logger


def listen_to_service() -> None:
    """Send the service's events to standard error, one JSON document a line.

    So go warnings of the server and of the event loop beneath it, which are no events of ours.
    """
    _send(SERVICE, logging.INFO, logging.Formatter("%(message)s"))
    rendered = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
    for name in BENEATH:
        _send(name, logging.WARNING, rendered)


def _send(name: str, level: int, formatter: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logger = logging.getLogger(name)
    for before in logger.handlers:
        before.close()
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def listen(*, debug: bool = False) -> None:
    """Send events to standard error: warnings, or with `debug` everything."""
    level = logging.DEBUG if debug else logging.WARNING
    _send(NAME, level, logging.Formatter("%(message)s"))


def keep(path: str | None, *, debug: bool, told: Callable[[str], None]) -> None:
    """Also keep events in a file that rotates: what the run did, or with `debug` everything.

    Events hold no prompt and no text unless `debug`. Without a path it is the log of today, in a
    folder `logs` of the working directory. `told` is given a sentence about where it is, or about
    why there is none: a log that cannot be written costs no result.
    """
    place = dated_log() if path is None else Path(path).expanduser()
    try:
        handler = LogFile(place, told)
    except OutputError as error:
        told(str(error))
        return
    handler.setLevel(logging.DEBUG if debug else logging.INFO)
    logger = logging.getLogger(NAME)
    for heard in logger.handlers:
        heard.setLevel(logger.level)  # what standard error hears stays as it was
    logger.addHandler(handler)
    logger.setLevel(min(logger.level, handler.level))
    told(f"the log is {place}")


def tell_near(near: NearBound) -> None:
    """Warn that a run is near a bound."""
    events().warning(
        "bound.near",
        bound=near.name,
        used=round(near.used, 3),
        allowed=near.bound,
        share=round(near.used / near.bound, 3),
    )


def silence_transformers() -> None:
    """Keep transformers' own bars and warnings off standard error; it is imported here."""
    from transformers.utils import logging as theirs  # noqa: PLC0415 - takes seconds

    theirs.disable_progress_bar()
    theirs.set_verbosity_error()
