"""A folder that one process at a time writes to."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from tempo.domain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = ".lock"


@contextmanager
def alone_in(folder: str | Path) -> Iterator[None]:
    """Hold a folder, made if it is not there; a process that dies lets go of it too.

    Raises:
        OutputError: if another process holds it, or it cannot be written.
    """
    place = Path(folder).expanduser()
    lock = FileLock(place / LOCK, timeout=0)
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:  # which is an OSError too
        message = (
            f"another process is writing to {folder}; wait until it has ended, or name another "
            "folder by --output-dir"
        )
        raise OutputError(message) from error
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{folder} cannot be written: {reason}; choose another folder"
        raise OutputError(message) from error
    try:
        yield
    finally:
        lock.release()
