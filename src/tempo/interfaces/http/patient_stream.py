"""Server-sent events to a client that reads as slowly as it likes, but reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Send


class PatientStream(StreamingResponse):
    """A stream of events that waits only so long for a client to read on.

    There is no more of a run in memory for a slow client than for a fast one; but a connection
    that nothing can be sent through is closed, and the client may come back to where it was.
    """

    def __init__(self, content: AsyncIterator[bytes], seconds: float) -> None:
        """Send so long."""
        super().__init__(content, media_type="text/event-stream")
        self.headers["X-Accel-Buffering"] = "no"
        self._seconds = seconds

    async def stream_response(self, send: Send) -> None:
        """Send what comes."""

        async def sent(message: Any) -> None:  # noqa: ANN401 - as starlette's
            await asyncio.wait_for(send(message), self._seconds)

        await super().stream_response(sent)
