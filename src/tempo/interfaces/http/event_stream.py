"""A run's events as server-sent events, from any of them on."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tempo.application.serving.event_log import Document, EventLog

HEARTBEAT = 15.0
"""Seconds without an event after which a comment says that the connection lives."""


async def follow(
    log: EventLog, after: int = -1, heartbeat: float = HEARTBEAT
) -> AsyncIterator[Document | None]:
    """Yield the events after a number as they come, until the run is over; None for silence."""
    loop, more = asyncio.get_running_loop(), asyncio.Event()
    leave = log.listen(partial(loop.call_soon_threadsafe, more.set))
    position = after
    try:
        while True:
            more.clear()
            over = log.ended
            for event in log.after(position):
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


async def event_stream(log: EventLog, after: int = -1) -> AsyncIterator[bytes]:
    """Yield a run's events in the wire format of server-sent events."""
    async for event in follow(log, after):
        if event is None:
            yield KEEPALIVE_COMMENT
        else:
            text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            yield format_sse_event(data_str=text, id=str(event["seq"]))
