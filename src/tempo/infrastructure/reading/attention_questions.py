"""Questions about a pass's attention that no session can answer, refused alike by all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.capture import Capture
    from tempo.domain.tokens import Slot, TokenId


def check_received(
    capture: Capture, unknown: Sequence[Slot], weights: Sequence[float], rows: int
) -> None:
    """Refuse what was not captured, slots that are not in the cache, weights of another pass.

    Raises:
        SessionError: for each of these.
    """
    if not capture.received:
        message = "attention received was not captured; open the session with Capture(received=...)"
        raise SessionError(message)
    if len(weights) != rows:
        message = f"the last pass has {rows} rows; {len(weights)} weights were given"
        raise SessionError(message)
    if unknown:
        message = f"slots {list(unknown)} are not in the cache"
        raise SessionError(message)


def check_traits(capture: Capture) -> None:
    """Refuse traits of which none was captured.

    Raises:
        SessionError: without capture of the context or the hidden states.
    """
    if not (capture.context or capture.hidden):
        message = (
            "no traits were captured; "
            "open the session with Capture(context=True) or Capture(hidden=True)"
        )
        raise SessionError(message)


def check_context(context: Sequence[TokenId]) -> None:
    """Refuse to compare with nothing.

    Raises:
        SessionError: for no tokens.
    """
    if not context:
        message = "similarity to a context of 0 tokens was asked for; give at least one"
        raise SessionError(message)
