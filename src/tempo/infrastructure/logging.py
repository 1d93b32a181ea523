"""Structured events through the standard library's logging: silent until someone listens."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger
    from structlog.typing import Processor

NAME = "tempo"
SERVICE = "tempo.service"
BENEATH = ("uvicorn.error", "asyncio")


def events() -> BoundLogger:
    """Return the project's logger; each event is a fixed name with key-values."""
    order = ["timestamp", "level", "event"]
    return _logger(NAME, structlog.processors.KeyValueRenderer(key_order=order))


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
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def listen(*, debug: bool = False) -> None:
    """Send events to standard error: warnings, or with `debug` everything."""
    level = logging.DEBUG if debug else logging.WARNING
    _send(NAME, level, logging.Formatter("%(message)s"))


def silence_transformers() -> None:
    """Keep transformers' own bars and warnings off standard error; it is imported here."""
    from transformers.utils import logging as theirs  # noqa: PLC0415 - takes seconds

    theirs.disable_progress_bar()
    theirs.set_verbosity_error()
