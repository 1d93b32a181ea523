"""What judges a text that a search tried."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from tempo.domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Attempt:
    """A continuation that a search tried, from the prompt's end to where it looked.

    Attributes:
        text: without end token and without what follows a stop string.
        tokens: how many tokens it has, an end token among them; at least 1.
        log_probability: of these tokens under the plain model, in nats, at most 0.
        finished: whether it ends in an end token or a stop string.
    """

    text: str
    tokens: int
    log_probability: float
    finished: bool

    def __post_init__(self) -> None:
        if self.tokens < 1:
            message = f"an attempt has {self.tokens} tokens; it must have 1 or more"
            raise InvalidValueError(message)

    @property
    def mean_probability(self) -> float:
        """The geometric mean of its tokens' probabilities, in [0, 1]."""
        return math.exp(min(0.0, self.log_probability) / self.tokens)


class Verifier(Protocol):
    """Judges attempts: the better, the higher.

    An obligation: equal attempts get equal values, since each is judged once.
    """

    def value(self, attempt: Attempt) -> float:
        """Return how good an attempt is, from 0 for the worst to 1 for the best.

        Whatever is raised, and a value outside [0, 1], counts as an error: the attempt is worth 0.
        """
        ...
