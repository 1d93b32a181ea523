"""When a hypothesis is finished, and when the run is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tempo.domain.errors import InvalidValueError


class StopOn(StrEnum):
    """Which finished hypotheses end the run (design section 2.6).

    MASS: their share reaches `stop_mass`. ANY: one is enough. BEST: the best path is finished.
    ALL: nothing unfinished is left, which ends the run under every rule.
    """

    MASS = "mass"
    ANY = "any"
    BEST = "best"
    ALL = "all"


class FinishReason(StrEnum):
    """Why a run ended.

    MAX_CACHE_TOKENS: the next pass would have taken more rows of the cache than it may have.
    MAX_MEMORY: the process held as much memory as it may.
    """

    END_OF_TEXT = "end_of_text"
    STOP_STRING = "stop_string"
    MAX_STEPS = "max_steps"
    CONTEXT = "context"
    MAX_CACHE_TOKENS = "max_cache_tokens"
    MAX_MEMORY = "max_memory_gb"
    CANCELLED = "cancelled"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Stopping:
    """The rule that ends a run.

    Attributes:
        stop_on: which finished hypotheses end it.
        stop_mass: their share that ends it under `MASS`, in (0, 1].
        min_steps: end tokens are barred before this step, at least 0.
        stop: strings that finish a path as an end token does; not part of the text.
    """

    stop_on: StopOn = StopOn.MASS
    stop_mass: float = 0.5
    min_steps: int = 0
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.stop_mass <= 1.0:
            message = f"stop_mass is {self.stop_mass}; it must be in (0, 1]"
            raise InvalidValueError(message)
        if self.min_steps < 0:
            message = f"min_steps is {self.min_steps}; it must be 0 or more"
            raise InvalidValueError(message)
        if any(not text for text in self.stop):
            message = "stop holds an empty string; every text would end at once"
            raise InvalidValueError(message)

    @property
    def stop_bytes(self) -> tuple[bytes, ...]:
        """The stop strings as UTF-8."""
        return tuple(text.encode() for text in self.stop)

    def ends(self, finished_mass: float, finished: int, best_is_finished: bool) -> bool:  # noqa: FBT001 - a fact, not a mode
        """Whether a run with some unfinished hypothesis left ends now."""
        match self.stop_on:
            case StopOn.MASS:
                return finished_mass >= self.stop_mass
            case StopOn.ANY:
                return finished > 0
            case StopOn.BEST:
                return best_is_finished
            case StopOn.ALL:
                return False


def stop_position(text: bytes, stops: tuple[bytes, ...]) -> int | None:
    """Return where the earliest stop string starts in `text`, None if there is none."""
    found = [position for stop in stops if (position := text.find(stop)) >= 0]
    return min(found, default=None)


def held_back(text: bytes, stops: tuple[bytes, ...]) -> int:
    """Return how many bytes at the end of `text` could be the start of a stop string."""
    longest = max((len(stop) for stop in stops), default=1)
    for length in range(min(len(text), longest - 1), 0, -1):
        tail = text[len(text) - length :]
        if any(stop.startswith(tail) for stop in stops):
            return length
    return 0
