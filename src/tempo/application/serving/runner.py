"""Doing runs: all decode in one thread, step by step; each begins and answers in one of its own."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from tempo.application.decoding.asking import followed
from tempo.application.serving.observing import Unobserved
from tempo.application.serving.served_run import Ended, RunState
from tempo.domain.errors import (
    CancelledRunError,
    InterruptedRunError,
    TimeLimitError,
    UnavailableError,
)
from tempo.domain.events import CandidatesPruned, RunFinished, RunStarted, StepAppended

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.decoding.many import Sharing
    from tempo.application.serving.admission import Admission
    from tempo.application.serving.observing import RunObserver
    from tempo.application.serving.served_run import Decoding, ServedRun
    from tempo.domain.events import Event


class Runner:
    """Does runs as they are admitted; a run is cancelled within one step."""

    def __init__(
        self,
        sharing: Sharing,
        admission: Admission,
        run_seconds: float,
        observer: RunObserver | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Work over a model whose passes runs share; `clock` gives seconds."""
        self.admission = admission
        self._sharing = sharing
        self._run_seconds = run_seconds
        self._observer = observer or Unobserved()
        self._clock = clock
        self._pool = ThreadPoolExecutor(admission.capacity.runs, "tempo-run")
        self._end: Future[Any] = Future()
        self._model = Thread(target=self._serve, name="tempo-model", daemon=True)
        self._serving: Future[None] = Future()
        self._stopping = False
        self._lock = Lock()

    def start(self) -> None:
        """Take over the model's work."""
        self._model.start()
        self._serving.result()

    def submit(self, run: ServedRun) -> None:
        """Let a run wait for its turn and be done.

        Raises:
            QueueFullError, InvalidValueError: as `Admission.ask`.
            UnavailableError: if the service is about to stop.
        """
        with self._lock:
            if self._stopping:
                message = "the service is about to stop; try again when it is back"
                raise UnavailableError(message)
            run.asked_at = self._clock()
            self.admission.ask(run)
            self._begin()

    def cancel(self, run: ServedRun) -> None:
        """Stop a run: at once where it waits, else after the step under way."""
        run.cancel()
        if self.admission.withdraw(run):
            run.withdraw()
            self._observer.ended(run)
            with self._lock:
                self._begin()

    def stop(self, seconds: float, leave: Callable[[ServedRun], object] = lambda _: None) -> None:
        """Refuse new runs, let those under way end within some seconds, and cancel the others.

        `leave` is called with each of these before it is.
        """
        with self._lock:
            self._stopping = True
        for run in self.admission.withdraw_all():
            leave(run)
            run.cancel()
            run.withdraw()
            self._observer.ended(run)
        runs = self.admission.under_way
        wait([run.done for run in runs], timeout=seconds)
        for run in runs:
            if not run.state.is_over:
                leave(run)
            run.cancel()
        self._pool.shutdown(wait=True)
        self._end.set_result(None)
        self._model.join()

    def _serve(self) -> None:
        with self._sharing.serving() as serve:
            self._serving.set_result(None)
            serve(self._end)

    def _begin(self) -> None:
        """Begin the runs whose turn it is."""
        if not self._stopping:
            for run in self.admission.begin():
                self._pool.submit(self._do, run)

    def _do(self, run: ServedRun) -> None:
        run.began_at = self._clock()
        run.state = RunState.RUNNING
        self._observer.began(run, run.began_at - run.asked_at)
        try:
            ended = self._ended(run)
        finally:
            self.admission.leave(run, self._clock() - run.began_at)
            run.work.left()
            with self._lock:
                self._begin()
        run.end(ended)
        self._observer.ended(run)

    def _ended(self, run: ServedRun) -> Ended:
        """Do a run; how it ended."""
        decoding: Decoding | None = None
        try:
            if run.is_cancelled():
                return Ended(RunState.CANCELLED, CancelledRunError("the run was cancelled"))
            decoding = run.work.start()
            try:
                asking = followed(decoding.unfolding(), self._telling(run))
                (done,) = self._sharing.together(iter([asking]))
                done.result()
            finally:
                decoding.close()
            state = RunState.CANCELLED if run.is_cancelled() else RunState.FINISHED
            return Ended(state, run.work.answer(decoding.result))
        except Exception as error:  # why: it belongs to whoever asked  # noqa: BLE001
            lost = isinstance(error, InterruptedRunError)
            state = RunState.INTERRUPTED if lost else RunState.FAILED
            return Ended(state, error, _part(run, decoding))

    def _telling(self, run: ServedRun) -> Callable[[Any], bool]:
        """Return what tells of a run's events, and whether it is to end because it is cancelled.

        It is called in the model's thread.

        Raises:
            TimeLimitError: when called, if the run's time is up.
        """
        since = run.began_at or 0.0
        deadline = since + self._run_seconds

        def tell(event: Event) -> bool:
            nonlocal since
            now = self._clock()
            self._observer.told(run, event, now - since)
            since = now
            if isinstance(event, (StepAppended, CandidatesPruned)):
                run.cache_rows = event.cache_rows
            for document in run.work.tell(event):
                run.tell(document)
            if isinstance(event, (RunStarted, StepAppended)) and event.more:
                return False  # what was told is not yet what an answer would be of
            if not run.is_cancelled() and now > deadline and not isinstance(event, RunFinished):
                message = (
                    f"the run took longer than {self._run_seconds:g} s; "
                    "lower max_steps or max_width"
                )
                raise TimeLimitError(message)
            return run.is_cancelled()

        return tell


def _part(run: ServedRun, decoding: Decoding | None) -> Any:  # noqa: ANN401 - what the work answers
    """Return what a run that failed had decoded; None where nothing can be made of it."""
    try:
        return None if decoding is None else run.work.part(decoding.result)
    except Exception:  # why: the error that is told is the run's own, not one that comes of it  # noqa: BLE001
        return None
