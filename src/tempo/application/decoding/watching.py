"""Who looks on while a run goes on: at its phases, and at what it may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError, MemoryBoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.decoding.cost import PhaseObserver

NEAR = 0.85
"""The share of a bound from which on a run is near it."""

GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class NearBound:
    """That a run is near one of its bounds.

    Attributes:
        name: the bound, as users name it.
        used, bound: what is held and what may be, in the bound's own unit.
    """

    name: str
    used: float
    bound: float


@dataclass(frozen=True, slots=True)
class MemoryBound:
    """The most memory that the process may hold: of the machine, so no setting of a run.

    Attributes:
        gigabytes: above 0, each of 10^9 bytes.
        held: returns the bytes that are held now.
    """

    gigabytes: float
    held: Callable[[], int]

    def __post_init__(self) -> None:
        if not 0.0 < self.gigabytes < float("inf"):
            message = (
                f"max_memory_gb is {self.gigabytes}; it must be above 0 and finite, in units of "
                "10^9 bytes; leave it out for no bound"
            )
            raise InvalidValueError(message)

    @property
    def used(self) -> float:
        """The gigabytes that are held now."""
        return self.held() / GIGABYTE

    def require_room(self, behind: str) -> None:
        """Refuse a run that has nothing left.

        Raises:
            MemoryBoundError: naming what is held behind the model or the prompt, and the bound.
        """
        used = self.used
        if used >= self.gigabytes:
            message = (
                f"the process holds {used:.3g} GB {behind}, and max_memory_gb is "
                f"{self.gigabytes:g}; raise it, or take a smaller model or a shorter prompt"
            )
            raise MemoryBoundError(message)


def unheard(_near: NearBound) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class RunWatch:
    """Who looks on while runs go on; by default nobody, which costs nothing.

    Attributes:
        observer: is told of each phase.
        memory: the bound that ends a run, None for none.
        warn: is told once in a run of each bound that it comes near.
    """

    observer: PhaseObserver | None = None
    memory: MemoryBound | None = None
    warn: Callable[[NearBound], None] = unheard


class Bounds:
    """The bounds of one run, looked at after each step."""

    def __init__(self, watch: RunWatch, max_cache_tokens: int | None) -> None:
        """Look at the memory that a watch bounds, and at rows of the cache."""
        self._watch = watch
        self._rows = max_cache_tokens
        self._told: set[str] = set()

    def memory_is_spent(self, peak_rows: int) -> bool:
        """Whether memory ends the run; warns of what is near. `peak_rows` were cached at most."""
        if self._rows is not None:
            self._look("max_cache_tokens", peak_rows, self._rows)
        memory = self._watch.memory
        if memory is None:
            return False
        used = memory.used
        self._look("max_memory_gb", used, memory.gigabytes)
        return used >= memory.gigabytes

    def _look(self, name: str, used: float, bound: float) -> None:
        if used >= NEAR * bound and name not in self._told:
            self._told.add(name)
            self._watch.warn(NearBound(name, used, bound))
