"""How many requests one client may make."""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from tempo.domain.errors import InvalidValueError


class RateLimit:
    """A moving window for each client; none where the limit is empty."""

    def __init__(self, limit: str) -> None:
        """Allow so many requests in so much time, such as `600/minute`.

        Raises:
            InvalidValueError: for what names no rate.
        """
        try:
            self._limit = parse(limit) if limit else None
        except ValueError as error:
            message = f"rate_limit is {limit!r}; it must be a rate such as 600/minute"
            raise InvalidValueError(message) from error
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def seconds_to_wait(self, client: str) -> int:
        """Count a request; the seconds after which the next is allowed, 0 where this one is."""
        if self._limit is None or self._limiter.hit(self._limit, client):
            return 0
        window = self._limiter.get_window_stats(self._limit, client)
        return max(1, math.ceil(window.reset_time - time.time()))
