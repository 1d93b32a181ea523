"""Which runs may go on together, and which wait for their turn."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError, QueueFullError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.serving.served_run import ServedRun

MEMORY = 0.2
"""How much the newest run counts in the mean length of runs."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much goes on at once.

    Attributes:
        runs: runs under way.
        rows: cache rows that they may need together.
        queue: runs that wait.
    """

    runs: int
    rows: int
    queue: int


class Admission:
    """A queue, first come first served: the next begins as soon as there is room for it.

    A run that needs many rows is not overtaken by smaller ones, so that its turn comes.
    """

    def __init__(self, capacity: Capacity, make_room: Callable[[], object] = lambda: None) -> None:
        """Admit within a capacity; `make_room` lets go of rows that nobody waits for."""
        self.capacity = capacity
        self._make_room = make_room
        self._lock = Lock()
        self._waiting: deque[ServedRun] = deque()
        self._under_way: list[ServedRun] = []
        self._mean_seconds = 1.0

    @property
    def waiting(self) -> int:
        """How many runs wait."""
        return len(self._waiting)

    @property
    def under_way(self) -> tuple[ServedRun, ...]:
        """The runs that have begun and not ended."""
        with self._lock:
            return tuple(self._under_way)

    @property
    def rows(self) -> int:
        """How many cache rows are set aside for the runs under way."""
        return sum(run.work.rows for run in self.under_way)

    @property
    def is_full(self) -> bool:
        """Whether the next run would be refused."""
        return self.waiting >= max(1, self.capacity.queue)

    def ask(self, run: ServedRun) -> None:
        """Let a run wait for its turn.

        Raises:
            QueueFullError: if as many wait as may.
            InvalidValueError: if its turn could never come.
        """
        self._require_possible(run)
        with self._lock:
            if self._waiting or not self._fits(run):
                self._require_place()
            self._waiting.append(run)

    def begin(self) -> list[ServedRun]:
        """Return the runs whose turn it is; they are under way from now on."""
        begun: list[ServedRun] = []
        with self._lock:
            while self._waiting and self._fits(self._waiting[0]):
                begun.append(self._waiting.popleft())
                self._under_way.append(begun[-1])
        if begun:
            self._make_room()
        return begun

    def leave(self, run: ServedRun, seconds: float) -> None:
        """Give back what a run had; it took so many seconds."""
        with self._lock:
            self._under_way.remove(run)
            self._mean_seconds += MEMORY * (seconds - self._mean_seconds)

    def withdraw(self, run: ServedRun) -> bool:
        """Take a run out of the queue; whether it was there."""
        with self._lock:
            if run not in self._waiting:
                return False
            self._waiting.remove(run)
            return True

    def withdraw_all(self) -> list[ServedRun]:
        """Empty the queue."""
        with self._lock:
            withdrawn = list(self._waiting)
            self._waiting.clear()
        return withdrawn

    def _fits(self, run: ServedRun) -> bool:
        taken = sum(one.work.rows for one in self._under_way)
        few = len(self._under_way) < self.capacity.runs
        return few and taken + run.work.rows <= self.capacity.rows

    def _require_possible(self, run: ServedRun) -> None:
        if run.work.rows > self.capacity.rows:
            message = (
                f"the run may need {run.work.rows} cache rows, and this service has "
                f"{self.capacity.rows}; lower max_steps, max_width or mcts_simulations, or "
                "shorten the prompt"
            )
            raise InvalidValueError(message)

    def _require_place(self) -> None:
        if len(self._waiting) >= self.capacity.queue:
            turns = (len(self._waiting) + 1) / self.capacity.runs
            seconds = max(1, math.ceil(turns * self._mean_seconds))
            message = (
                f"{len(self._waiting)} runs wait, and no more than {self.capacity.queue} may; "
                f"try again in {seconds} s"
            )
            raise QueueFullError(message, seconds)
