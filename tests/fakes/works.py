"""Work without a model: what an item is told to do decides what comes of it."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tempo.domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Deeds:
    """Work whose items say what is to happen; `opening` is why it cannot be opened, if it cannot.

    `trace` is a folder in which each attempt leaves a file, so that attempts are counted wherever
    they are made.
    """

    trace: str | None = None
    opening: str | None = None

    def open(self):
        if self.opening is not None:
            raise InvalidValueError(self.opening)
        return Doer(self.trace)


class Doer:
    """Squares numbers, sleeps, fails or dies, as it is told."""

    def __init__(self, trace):
        self._trace = trace

    def do(self, payload):
        time.sleep(payload.get("seconds", 0))
        tried = self._tried(payload)
        if payload.get("worker"):
            return os.getpid()
        if tried < payload.get("dies", 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if tried < payload.get("fails", 0):
            message = f"{payload['number']} is not to be squared"
            raise InvalidValueError(message)
        if "breaks" in payload:
            raise OSError(payload["breaks"])
        return {"square": payload["number"] ** 2, "third": payload["number"] / 3}

    def _tried(self, payload):
        """Leave a mark; return how many there were."""
        if self._trace is None:
            return 0
        place = Path(self._trace)
        before = len(list(place.glob(f"{payload['number']}-*")))
        (place / f"{payload['number']}-{time.monotonic_ns()}").touch()
        return before


ALWAYS = 10**6
"""So often that no retry is left."""
