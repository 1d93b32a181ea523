"""A run's events as server-sent events, from any of them on."""

from __future__ import annotations

import asyncio
import json
import math
from functools import partial
from typing import TYPE_CHECKING

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tempo.application.serving.event_log import Document, EventLog

HEARTBEAT = 15.0
"""Seconds without an event after which a comment says that the connection lives."""


class FellBehindError(Exception):
    """More events wait for a listener than may."""


async def follow(
    log: EventLog, after: int = -1, most: float = math.inf, heartbeat: float = HEARTBEAT
) -> AsyncGenerator[Document | None]:
    """Yield the events after a number as they come, until the run is over; None for silence.

    It ends too where the run goes on in another replica: who comes back follows it there.

    `most` may wait for the listener, those not counted that were told before it came.

    Raises:
        FellBehindError: if more do.
    """
    loop, more = asyncio.get_running_loop(), asyncio.Event()
    leave = log.listen(partial(loop.call_soon_threadsafe, more.set))
    position, before = after, len(log)
    try:
        while True:
            more.clear()
            over = log.ended or log.is_left
            for event in log.after(position):
                waiting = len(log) - max(event["seq"], before)
                if waiting > most:
                    message = f"{waiting} events wait, and no more than {most:g} may"
                    raise FellBehindError(message)
                position = event["seq"]
                yield event
            if over:
                return
            try:
                await asyncio.wait_for(more.wait(), heartbeat)
            except TimeoutError:
                yield None
    finally:
        leave()


async def event_stream(
    log: EventLog, after: int = -1, most: float = math.inf
) -> AsyncGenerator[bytes]:
    """Yield a run's events in the wire format of server-sent events.

    Raises:
        FellBehindError: as `follow`.
    """
    async for event in follow(log, after, most):
        if event is None:
            yield KEEPALIVE_COMMENT
        else:
            text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            yield format_sse_event(data_str=text, id=str(event["seq"]))
