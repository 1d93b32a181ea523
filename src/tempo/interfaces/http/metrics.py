"""What the service counts, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from tempo.application.serving.forkable import Origin
from tempo.application.serving.served_run import RunState
from tempo.domain.events import CandidatesPruned, StepAppended
from tempo.interfaces.http.failures import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.serving.served_run import ServedRun
    from tempo.domain.events import Event
    from tempo.interfaces.http.guard import Answered

SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)


class Metrics:
    """Counts requests, and observes runs."""

    def __init__(self) -> None:
        """Count from nothing, apart from every other service of this process."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "tempo_requests",
            "Requests by route and status.",
            ["method", "route", "code"],
            registry=registry,
        )
        self._seconds = Histogram(
            "tempo_request_seconds", "How long answers took.", ["route"], registry=registry
        )
        self._waited = Histogram(
            "tempo_queue_wait_seconds", "How long runs waited for their turn.", registry=registry
        )
        self._runs = Counter(
            "tempo_runs", "Runs that ended, by state.", ["state"], registry=registry
        )
        self._errors = Counter(
            "tempo_errors", "Runs that failed, by kind.", ["kind"], registry=registry
        )
        self._cancelled = Counter(
            "tempo_cancellations", "Runs that were cancelled.", registry=registry
        )
        self._slow = Counter(
            "tempo_slow_clients", "Listeners that were let go as too slow.", registry=registry
        )
        self._steps = Counter("tempo_steps", "Steps that were decoded.", registry=registry)
        self._tokens = Counter("tempo_tokens", "Tokens that steps kept.", registry=registry)
        self._pruned = Counter("tempo_prunings", "Candidates that were judged.", registry=registry)
        self._widths = Histogram(
            "tempo_step_width", "Tokens that a step kept.", buckets=WIDTHS, registry=registry
        )
        self._first = Histogram(
            "tempo_first_token_seconds",
            "From asking to the first step.",
            buckets=SHORT,
            registry=registry,
        )
        self._step = Histogram(
            "tempo_step_seconds", "How long a step took.", buckets=SHORT, registry=registry
        )

        self._forks = Counter(
            "tempo_forks",
            "Forks, by what they went on from: a retained state or a prefill.",
            ["continued_from"],
            registry=registry,
        )
        for origin in Origin:
            self._forks.labels(origin.value)
        self._evicted = Counter(
            "tempo_retained_evictions",
            "Retained states that were let go of to make room.",
            registry=registry,
        )

    def gauge(self, name: str, meaning: str, read: Callable[[], float]) -> None:
        """Show a number that is read when it is asked for."""
        Gauge(name, meaning, registry=self.registry).set_function(read)

    def answered(self, answered: Answered) -> None:
        """Count a request."""
        method, route, status, seconds = answered
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def let_go(self) -> None:
        """Count a listener that was too slow."""
        self._slow.inc()

    def began(self, run: ServedRun, waited: float) -> None:
        """Note that a run's turn came after so many seconds."""
        del run
        self._waited.observe(waited)

    def told(self, run: ServedRun, event: Event, seconds: float) -> None:
        """Note an event that took so many seconds, the first of a run since it began."""
        if isinstance(event, StepAppended):
            self._steps.inc()
            self._tokens.inc(event.step.width)
            self._widths.observe(event.step.width)
            self._step.observe(seconds)
            if event.step.step == 0 and run.began_at is not None:
                self._first.observe(run.began_at - run.asked_at + seconds)
            self._pruned.inc(len(event.dropped))
        elif isinstance(event, CandidatesPruned):
            self._pruned.inc(len(event.decisions))

    def ended(self, run: ServedRun) -> None:
        """Note that a run ended, in whatever state."""
        self._runs.labels(run.state.value).inc()
        if run.state is RunState.CANCELLED:
            self._cancelled.inc()
        elif run.state is RunState.FAILED and (error := run.done.exception()) is not None:
            self._errors.labels(kind_of(error)).inc()

    def forked(self, origin: Origin) -> None:
        """Note what a fork went on from."""
        self._forks.labels(origin.value).inc()

    def evicted(self) -> None:
        """Note that a retained state was let go of to make room."""
        self._evicted.inc()
