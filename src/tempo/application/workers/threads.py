"""How many threads a worker may compute on."""

from __future__ import annotations

from tempo.domain.errors import InvalidValueError

MOST_THREADS = 1024


def require_threads(threads: int) -> None:
    """Refuse a number that is none of threads.

    Raises:
        InvalidValueError: for a number outside 1 to 1024.
    """
    if not 1 <= threads <= MOST_THREADS:
        message = f"threads is {threads}; it must be from 1 to {MOST_THREADS}"
        raise InvalidValueError(message)
