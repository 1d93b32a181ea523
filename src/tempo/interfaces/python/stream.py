"""A run under way: iterate over its events, in a thread or in an event loop."""

from __future__ import annotations

import asyncio
from threading import Lock
from typing import TYPE_CHECKING, Self

from tempo.domain.errors import NonFiniteLogitsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.decoding.asking import Unfolding
    from tempo.application.decoding.generate import Generation
    from tempo.application.decoding.outcome import Outcome
    from tempo.domain.events import Event
    from tempo.interfaces.python.result import Result


class Stream:
    """The events of one run, for `for` and for `async for`; closing it cancels the run.

    `result` is there at any time: while the run goes on it holds what is decoded so far.

    Examples:
        >>> import tempo
        >>> with tempo.load().stream("Once upon a time", max_steps=2) as stream:
        ...     for event in stream:
        ...         print(type(event).__name__, stream.result.bracketed)
        RunStarted
        StepAppended [,/ there]
        StepAppended [,/ there] [there/was]
        RunFinished [,/ there] [there/was]
    """

    def __init__(self, generation: Generation, wrap: Callable[[Outcome], Result]) -> None:
        """Follow a run that was started."""
        self._generation = generation
        self._events = generation.events()
        self._wrap = wrap
        self._turn = Lock()

    @property
    def result(self) -> Result:
        """What is decoded so far; final once the run has ended."""
        return self._wrap(self._generation.outcome())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        event = self._next_or_none()
        if event is None:
            raise StopIteration
        return event

    def unfolding(self) -> Unfolding[Event]:
        """Decode for whoever answers what the run asks of the model, in place of iterating."""
        try:
            yield from self._generation.unfolding()
        except NonFiniteLogitsError as error:
            error.partial = self.result
            raise

    def close(self) -> None:
        """Cancel the run if it goes on, after the step under way; what is decoded stays."""
        with self._turn:
            self._events.close()
            self._generation.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await asyncio.to_thread(self._next_or_none)
        if event is None:
            raise StopAsyncIteration
        return event

    def _next_or_none(self) -> Event | None:
        with self._turn:
            try:
                return next(self._events, None)
            except NonFiniteLogitsError as error:
                error.partial = self.result
                raise

    async def aclose(self) -> None:
        """Cancel the run without blocking the event loop."""
        await asyncio.to_thread(self.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
