"""What a run told before its replica died, held against what is decoded in its place."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

from tempo.domain.errors import InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.serving.event_log import Document

TOLERANCE = 1e-3
"""By so much two runs of the same differ whose passes went with those of other runs."""

ENDS = frozenset({"run.finished", "run.error"})
PASSING = frozenset({"run.stats"})
"""Events of the moment, which no second run tells again."""

OWN = frozenset(
    {
        "v",
        "seq",
        "t_ms",
        "wall_ms",
        "request_id",
        "continued_from",
        "reused_rows",
        "device",
    }
)
"""What is of one decoding and not of the run."""


class Replay:
    """Decoding anew what was told already; nothing is told twice."""

    def __init__(self, told: Sequence[Document] = ()) -> None:
        """Expect what was told, in its order; nothing for a run that begins."""
        self._has_ended = bool(told) and told[-1]["type"] in ENDS
        self._expected = deque(one for one in told if one["type"] not in PASSING)

    @property
    def is_under_way(self) -> bool:
        """Whether something that was told is still to be decoded again."""
        return bool(self._expected)

    def is_new(self, event: Document) -> bool:
        """Whether an event goes on behind what was told.

        Raises:
            InterruptedRunError: if it is not what was told in its place.
        """
        kind = event.get("type")  # a run without a name may tell what is no event
        if kind == "run.error":  # decoding anew failed, at whatever place
            return not self._has_ended
        if not self._expected:
            return True
        if kind in PASSING:
            return False
        expected = self._expected.popleft()
        if not _same(expected, event):
            message = (
                "the replica that did the run is gone, and what another decoded in its place is "
                f"not what was told: event {expected['seq']} ({expected['type']}) differs; what "
                "was told until then is here, and asking again begins a new run"
            )
            raise InterruptedRunError(message)
        return False


def _same(told: Any, now: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether two documents say the same: decisions exactly, numbers but for rounding."""
    if isinstance(told, dict) and isinstance(now, dict):
        names = (told.keys() | now.keys()) - OWN
        return all(name in told and name in now and _same(told[name], now[name]) for name in names)
    if isinstance(told, (list, tuple)) and isinstance(now, (list, tuple)):
        return len(told) == len(now) and all(map(_same, told, now))
    if isinstance(told, float) and isinstance(now, (float, int)):
        return math.isclose(told, now, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(told == now)
