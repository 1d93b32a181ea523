"""Events in a file, one JSON document a line, whose older parts are set aside and then dropped."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.domain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path("logs")
LARGEST = 10_000_000
"""Bytes of a log file at most; a fuller one is set aside under its name with .1 behind it."""

KEPT = 5
"""So many files set aside are kept beside it."""

EVENT = "tempo_event"
"""The attribute of a log record that holds its event as a mapping."""


def dated_log() -> Path:
    """Return the log of today in the folder for logs."""
    today = datetime.now(tz=UTC).astimezone().date()
    return FOLDER / f"tempo-{today.isoformat()}.log"


class JsonLines(logging.Formatter):
    """Writes a record's event as one JSON document."""

    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, EVENT, None) or {
            "timestamp": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        return json.dumps(event, ensure_ascii=False, default=str)


class LogFile(RotatingFileHandler):
    """A log file whose failure costs nothing but the log: it is told once, and no more written."""

    def __init__(self, path: Path, told: Callable[[str], None]) -> None:
        """Open the file, and the folder for logs if it is not there.

        Raises:
            OutputError: if that cannot be.
        """
        self._told = told
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            super().__init__(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
        except OSError as error:
            raise OutputError(_unwritten(path, error)) from error
        self.setFormatter(JsonLines())
        self._failed = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self._failed:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's own
        self._failed = True
        self._told(_unwritten(self._path, sys.exc_info()[1]))


def _unwritten(path: Path, error: BaseException | None) -> str:
    reason = getattr(error, "strerror", None) or error
    return (
        f"the log {path} cannot be written: {reason}; the run goes on without it, "
        "and --log-file names another place"
    )
