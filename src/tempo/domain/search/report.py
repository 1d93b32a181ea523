"""What a search found, and what it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class TriedText:
    """One text that a search tried.

    Attributes:
        text: without end token and without what follows a stop string.
        token_ids: its tokens, an end token among them.
        value: the verifier's, in [0, 1]; 0 where it failed.
        log_probability: of the tokens under the plain model, in nats.
        finished: whether it ends in an end token or a stop string.
        complete: whether the run would have ended with it, finished or not.
    """

    text: str
    token_ids: tuple[TokenId, ...]
    value: float
    log_probability: float
    finished: bool
    complete: bool

    @property
    def standing(self) -> tuple[bool, float, float, tuple[TokenId, ...]]:
        """What sorts texts, the best first: complete ones, then value, then likelihood."""
        mean = self.log_probability / len(self.token_ids)
        return not self.complete, -self.value, -mean, self.token_ids


@dataclass(frozen=True, slots=True)
class SearchReport:
    """What a search found, and what it took.

    Attributes:
        value: the verifier's value of the run's text, in [0, 1].
        texts: all that was tried, the best first.
        simulations: how many were done.
        rows: token rows that were fed beside the prompt's.
        unshared_rows: what the same simulations would have fed without a shared cache, each its
            prompt and its path.
        errors: how often the verifier failed.
        error: the first failure, in words; None without one.
        spent: whether the bound on rows kept the run from further simulations.
    """

    value: float
    texts: tuple[TriedText, ...]
    simulations: int
    rows: int
    unshared_rows: int
    errors: int = 0
    error: str | None = None
    spent: bool = False

    def as_mapping(self) -> dict[str, object]:
        """Return what it took as plain data; the texts are the n best."""
        return {
            "value": self.value,
            "texts": len(self.texts),
            "simulations": self.simulations,
            "rows": self.rows,
            "rows_per_simulation": self.rows_per_simulation,
            "unshared_rows": self.unshared_rows,
            "errors": self.errors,
            "error": self.error,
            "spent": self.spent,
        }

    @property
    def rows_per_simulation(self) -> float:
        """Mean rows of a simulation; 0 without one."""
        return self.rows / self.simulations if self.simulations else 0.0

    @property
    def shared(self) -> float:
        """The rows that were fed, as a share of those without a shared cache; 1 without any."""
        return self.rows / self.unshared_rows if self.unshared_rows else 1.0
