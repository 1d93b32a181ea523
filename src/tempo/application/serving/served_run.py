"""One run of a service: where it stands, what it told, and how it is stopped."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from threading import Event as Flag
from typing import TYPE_CHECKING, Any, Protocol

from tempo.application.serving.event_log import Document, EventLog
from tempo.application.serving.replay import Replay
from tempo.domain.errors import CancelledRunError, InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tempo.application.decoding.asking import Unfolding
    from tempo.domain.events import Event


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self not in {RunState.QUEUED, RunState.RUNNING}

    @property
    def is_failure(self) -> bool:
        """Whether it ended without being asked to."""
        return self in {RunState.FAILED, RunState.INTERRUPTED}


class Decoding(Protocol):
    """A run that has begun: its events, and what it has decoded so far."""

    @property
    def result(self) -> Any:  # noqa: ANN401 - whatever the interface answers from
        """What is decoded so far."""
        ...

    def unfolding(self) -> Unfolding[Event]:
        """Decode event by event, for whoever answers what the run asks of the model."""
        ...

    def close(self) -> None:
        """Cancel what goes on, and let go of its cache."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        state: where it stands for good.
        outcome: its answer or its error.
        part: what it had decoded until then, where it failed.
    """

    state: RunState
    outcome: Any
    part: Any = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a run is to do.

    Attributes:
        rows: how many cache rows it takes at most.
        start: begins it; the prompt goes through the model here.
        answer: what to answer, from its result.
        part: what of a result to answer where the run failed; it asks nothing of the model.
        tell: an event as the documents that its listeners get.
        last: what they get at the end, from where the run stands then and its answer or error.
        left: called once a run that began has ended and its rows are given back; must not raise.
    """

    rows: int
    start: Callable[[], Decoding]
    answer: Callable[[Any], Any]
    part: Callable[[Any], Any] = lambda _: None
    tell: Callable[[Event], tuple[Document, ...]] = lambda _: ()
    last: Callable[[RunState, Any], tuple[Document, ...]] = lambda _state, _outcome: ()
    left: Callable[[], object] = lambda: None


class ServedRun:
    """A run under its name, shared between the thread that does it and those that ask for it."""

    def __init__(
        self,
        name: str,
        work: Work,
        *,
        detached: bool = False,
        told: Sequence[Document] = (),
    ) -> None:
        """Wait for a turn; `told` is what another replica told of the run before it died."""
        self.name = name
        self.work = work
        self.detached = detached
        self.state = RunState.QUEUED
        self.log = EventLog.going_on(told)
        self._replay = Replay(told)
        self.done: Future[Any] = Future()
        self.done.set_running_or_notify_cancel()  # who waits for it cannot cancel it
        self.cache_rows = 0
        self.asked_at = 0.0
        self.began_at: float | None = None
        self.part: Any = None
        self._cancelled = Flag()

    def is_cancelled(self) -> bool:
        """Whether it is to stop; another thread may say so at any time."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop it after the step under way; what is decoded stays."""
        self._cancelled.set()

    @property
    def is_replaying(self) -> bool:
        """Whether it has not come yet to where another replica left it."""
        return self._replay.is_under_way

    def tell(self, event: Document) -> None:
        """Tell its listeners what they were not told before.

        Raises:
            InterruptedRunError: if they were told something else in its place.
        """
        if self._replay.is_new(event):
            self.log.append(event)

    @property
    def answer(self) -> Any:  # noqa: ANN401 - whatever the interface answers with
        """What it answered, once it has ended, or the part that it came to; None for neither."""
        return self.part if self.done.exception() is not None else self.done.result()

    def end(self, ended: Ended) -> None:
        """Say where it stands for good, and hand over its answer or its error."""
        self.state, self.part = ended.state, ended.part
        self.cache_rows = 0
        try:
            self._tell_last(ended)
        except InterruptedRunError as error:
            ended = Ended(RunState.INTERRUPTED, error, ended.part)
            self.state = ended.state
            self._tell_last(ended)
        self.log.end()
        if isinstance(ended.outcome, BaseException):
            self.done.set_exception(ended.outcome)
        else:
            self.done.set_result(ended.outcome)

    def _tell_last(self, ended: Ended) -> None:
        for document in self.work.last(ended.state, ended.outcome):
            self.tell(document)

    def withdraw(self) -> None:
        """End it before it began."""
        message = "the run was cancelled before it began"
        self.end(Ended(RunState.CANCELLED, CancelledRunError(message)))
