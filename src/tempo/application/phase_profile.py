"""Where a command's time and memory went, by phase."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OTHER = "other"

PHASES = (
    "load",
    "prefill",
    "forward",
    "extraction",
    "selection",
    "pruning",
    "formatting",
    OTHER,
)
"""In the order in which a report lists them; what stands in none of them is `other`."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What was held at a moment.

    Attributes:
        resident: bytes of the process that are resident.
        device: the most bytes that the accelerator's allocator gave out since it was last asked;
            None where there is no accelerator.
    """

    resident: int
    device: int | None = None


@dataclass(slots=True)
class Share:
    """What one phase took: its own, without that of phases inside it.

    Attributes:
        seconds: wall time.
        calls: how often it was entered; 0 for what stands in no phase.
        resident: the most resident bytes seen at its ends.
        device: the most bytes of the accelerator while it went on, None without one.
    """

    seconds: float = 0.0
    calls: int = 0
    resident: int = 0
    device: int | None = None

    def hold(self, memory: Memory) -> None:
        """Take in what is held at one of its ends."""
        self.resident = max(self.resident, memory.resident)
        if memory.device is not None:
            self.device = max(self.device or 0, memory.device)


class PhaseProfile:
    """Hands each moment since it was made to exactly one phase, so that they add up to the whole.

    Phases may stand inside each other: the innermost has the time. It is of one thread.
    """

    def __init__(
        self,
        memory: Callable[[], Memory],
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Begin with no phase; `clock` gives seconds, and waits for the device if there is one."""
        self.memory = memory
        self.clock = clock
        self._shares = {OTHER: Share()}
        self._open = [OTHER]
        self._begun = self._last = clock()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Hand the time of a block to a phase, but for that of phases inside it."""
        self._hand_over()
        self._open.append(name)
        self._shares.setdefault(name, Share()).calls += 1
        try:
            yield
        finally:
            self._hand_over()
            self._open.pop()

    @property
    def shares(self) -> dict[str, Share]:
        """What each phase took until now, in the order of reports; those never entered are not."""
        self._hand_over()
        known = {name: self._shares[name] for name in PHASES if name in self._shares}
        return known | self._shares

    @property
    def seconds(self) -> float:
        """Wall time since it was made, until a phase last began, ended or was read."""
        return self._last - self._begun

    def _hand_over(self) -> None:
        """Give the innermost phase what passed; what looking at memory takes is no phase's own."""
        now = self.clock()
        share = self._shares[self._open[-1]]
        share.seconds += now - self._last
        share.hold(self.memory())
        self._last = self.clock()
        self._shares[OTHER].seconds += self._last - now
