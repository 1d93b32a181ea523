"""What ended runs left for forks to go on from: bounded, the least recently used leaves first."""

from __future__ import annotations

from collections import OrderedDict
from threading import Event as Flag
from threading import RLock
from typing import TYPE_CHECKING

from tempo.domain.errors import MemoryExceededError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Beginning, RetainedState


class StatePool:
    """States by the name of the run that left them.

    Their rows count in the budget of cache rows behind those set aside for runs: whenever a run
    begins, states leave until both fit, so that none ever makes a run wait or fail.
    """

    def __init__(
        self,
        most: int,
        free: Callable[[], int],
        evicted: Callable[[], object] = lambda: None,
    ) -> None:
        """Hold states of `most` cache rows together, and of no more than `free` tells."""
        self.most = most
        self._free = free
        self._evicted = evicted
        self._states: OrderedDict[str, RetainedState] = OrderedDict()
        self._wishes: dict[str, list[Flag]] = {}
        self._lock = RLock()

    def __len__(self) -> int:
        """Return how many states are held."""
        return len(self._states)

    @property
    def rows(self) -> int:
        """How many cache rows the states hold."""
        with self._lock:
            return sum(state.cache_rows for state in self._states.values())

    def put(self, name: str, state: RetainedState) -> None:
        """Take what a run left, in the place of what it left before."""
        with self._lock:
            if (earlier := self._states.pop(name, None)) is not None:
                earlier.close()
            if state.cache_rows > self._room():
                state.close()
            else:
                self._states[name] = state
            self.make_room()

    def make_room(self) -> None:
        """Let states go, the least recently used first, until the others fit."""
        with self._lock:
            while self._states and self.rows > self._room():
                _, state = self._states.popitem(last=False)
                state.close()
                self._evicted()

    def _room(self) -> int:
        return min(self.most, self._free())

    def begin(self, request: GenerationRequest) -> Beginning | None:
        """Return a session of its own to go on from; None if no state is of the request's prompt.

        Any run's state will do that read the same prompt under the same rules; the one that knows
        most of the committed tokens is taken.
        """
        with self._lock:
            known = {name: state.reach(request) for name, state in self._states.items()}
            fitting = {name: reach for name, reach in known.items() if reach is not None}
            if not fitting:
                return None
            name = max(fitting, key=lambda one: fitting[one])
            self._states.move_to_end(name)
            try:
                return self._states[name].begin(request)
            except MemoryExceededError:
                self._states.pop(name).close()
                self._evicted()
                return None

    def close(self) -> None:
        """Let all states go."""
        with self._lock:
            while self._states:
                self._states.popitem()[1].close()

    # Of runs under way: a run is asked, and leaves its state between two of its steps -----------

    def enter(self, name: str) -> None:
        """Note that a run can be asked from now on."""
        with self._lock:
            self._wishes[name] = []

    def is_asked(self, name: str) -> bool:
        """Whether somebody waits for a run's state."""
        return bool(self._wishes.get(name))

    def ask(self, name: str, seconds: float) -> None:
        """Wait for a run under way to leave its state, for some seconds at most."""
        told = Flag()
        with self._lock:
            if name not in self._wishes:
                return
            self._wishes[name].append(told)
        told.wait(seconds)

    def answer(self, name: str, *, goes_on: bool) -> None:
        """Let those go on that wait for a run."""
        with self._lock:
            waiting = self._wishes.pop(name, [])
            if goes_on:
                self._wishes[name] = []
        for told in waiting:
            told.set()
