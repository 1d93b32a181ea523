"""Server-sent events to a client that reads as slowly as it likes, but reads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi.responses import StreamingResponse

from tempo.infrastructure.logging import service_events
from tempo.interfaces.http.event_stream import FellBehindError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from starlette.types import Send


class PatientStream(StreamingResponse):
    """A stream of events that waits only so long for a client to read on.

    There is no more of a run in memory for a slow client than for a fast one; but a connection
    that nothing can be sent through is closed, and so is one whose client fell behind what is
    told: it may come back to where it was.
    """

    def __init__(
        self,
        content: AsyncGenerator[bytes],
        seconds: float,
        let_go: Callable[[], None] = lambda: None,
    ) -> None:
        """Send so long; `let_go` is called where a client was too slow."""
        super().__init__(content, media_type="text/event-stream")
        self.headers["X-Accel-Buffering"] = "no"
        self._content = content
        self._seconds = seconds
        self._let_go = let_go

    async def stream_response(self, send: Send) -> None:
        """Send what comes."""

        async def sent(message: Any) -> None:  # noqa: ANN401 - as starlette's
            await asyncio.wait_for(send(message), self._seconds)

        try:
            await super().stream_response(sent)
        except TimeoutError:
            self._told("nothing can be sent")
        except FellBehindError as error:
            self._told(str(error))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self._content.aclose()

    def _told(self, reason: str) -> None:
        self._let_go()
        service_events().info("client.slow", reason=reason)
