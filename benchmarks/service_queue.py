"""The service as a queue: runs wait for a place, and those that have one share passes.

One thread does the model's work. Between two passes it does, one after another, what cannot be
shared: a run that was asked for goes through the model with its prompt, and one that has ended is
answered, for which its best texts may go through the model once more. Then all runs that have begun
take one step in one pass, which costs what is read once, whatever the number of rows, and something
for each row and each run (Yu et al. 2022, Orca, call this iteration-level scheduling). Another
thread reads requests and writes answers, one after another, beside the model's. Clients send one
request after another, each when the one before is answered.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for.

    Attributes:
        steps: passes that its run takes part in.
        rows: of each of these, on average.
        prompt_tokens: that go through the model before them.
        answer_rows: that go through it afterwards, for the scores of its best texts.
    """

    steps: int
    rows: float
    prompt_tokens: int
    answer_rows: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """What the service's work costs, in seconds.

    Attributes:
        shared_pass: of the device, for a pass of so many runs and so many rows of them.
        host_step: of the processor, for one run's step.
        prompt: for a prompt of so many tokens, the opening of its run included.
        answer: for so many rows of best texts, the outcome of a run included.
        request: for a request besides, in the thread that reads and writes for all clients.
        groups_from: so many runs are two groups: one chooses its tokens while the other's pass is
            computed; none is one group always.
        host_pass: of the processor, for a step of however many runs.
    """

    shared_pass: Callable[[int, float], float]
    host_step: float
    prompt: Callable[[int], float]
    answer: Callable[[int], float]
    request: float = 0.0
    groups_from: int | None = None
    host_pass: float = 0.0

    def step(self, runs: int, rows: float) -> float:
        """Return what a step of all runs costs."""
        host = self.host_pass + runs * self.host_step
        if self.groups_from is None or runs < self.groups_from:
            return self.shared_pass(runs, rows) + host
        return max(2 * self.shared_pass((runs + 1) // 2, rows / 2), host)


@dataclass(slots=True)
class _Run:
    request: Request
    asked_at: float
    ready_at: float
    left: int


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load.

    Attributes:
        seconds: from the first request to the last answer.
        waits: of each request, from when it was sent to its answer, in the order of answers.
        runs: how many took part in each pass.
        rows: of each pass.
        stepping: seconds of all that went into shared passes and the runs' steps.
        idle: seconds in which the model had nothing to do.
    """

    seconds: float
    waits: tuple[float, ...]
    runs: tuple[int, ...]
    rows: tuple[float, ...]
    stepping: float
    idle: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.waits) / self.seconds

    @property
    def company(self) -> float:
        """Runs that share a pass, on average."""
        return float(np.mean(self.runs)) if self.runs else 0.0

    def wait(self, percent: float) -> float:
        """Return the seconds within which so many percent of the requests were answered."""
        return float(np.percentile(self.waits, percent))


@dataclass(slots=True)
class _Service:
    costs: Costs
    places: int
    now: float = 0.0
    stepping: float = 0.0
    idle: float = 0.0
    reader_free_at: float = 0.0
    under_way: list[_Run] = field(default_factory=list)
    waiting: deque[_Run] = field(default_factory=deque)
    runs: list[int] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def ask(self, request: Request) -> None:
        self.reader_free_at = max(self.reader_free_at, self.now) + self.costs.request
        self.waiting.append(_Run(request, self.now, self.reader_free_at, request.steps))

    def begin(self) -> None:
        if not self.under_way:
            ready_at = max(self.now, self.waiting[0].ready_at)
            self.idle += ready_at - self.now
            self.now = ready_at
        while self.waiting and len(self.under_way) < self.places:
            if self.waiting[0].ready_at > self.now:
                break
            run = self.waiting.popleft()
            self.now += self.costs.prompt(run.request.prompt_tokens)
            self.under_way.append(run)

    def step(self) -> None:
        rows = sum(run.request.rows for run in self.under_way)
        taken = self.costs.step(len(self.under_way), rows)
        self.now += taken
        self.stepping += taken
        self.runs.append(len(self.under_way))
        self.rows.append(rows)
        for run in self.under_way:
            run.left -= 1

    def end(self) -> int:
        """Answer the runs that are done; return how many."""
        done = [run for run in self.under_way if run.left <= 0]
        self.under_way = [run for run in self.under_way if run.left > 0]
        for run in done:
            self.now += self.costs.answer(run.request.answer_rows)
            self.waits.append(self.now - run.asked_at)
        return len(done)


def simulated(costs: Costs, requests: Sequence[Request], clients: int, places: int) -> Load:
    """Let so many clients send requests, one after another, to a service with so many places.

    Raises:
        ValueError: for no request, client or place.
    """
    if not requests or clients < 1 or places < 1:
        message = (
            f"{len(requests)} requests, {clients} clients, {places} places: at least 1 of each"
        )
        raise ValueError(message)
    service, coming = _Service(costs, places), iter(requests)
    for request in [one for _, one in zip(range(clients), coming, strict=False)]:
        service.ask(request)
    while service.waiting or service.under_way:
        service.begin()
        service.step()
        for _ in range(service.end()):
            following = next(coming, None)
            if following is not None:
                service.ask(following)
    return Load(
        service.now,
        tuple(service.waits),
        tuple(service.runs),
        tuple(service.rows),
        service.stepping,
        service.idle,
    )


def steady(costs: Costs, request: Request, places: int, turns: int = 4) -> Load:
    """Simulate a service whose places are all taken, by requests that begin one after another."""
    late = [
        replace(request, steps=max(1, request.steps * (n + 1) // places)) for n in range(places)
    ]
    return simulated(costs, [*late, *[request] * (places * turns)], places, places)
