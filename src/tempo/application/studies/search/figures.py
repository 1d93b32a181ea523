"""What a study of search notes of one item."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a trial stands: its method, and the rows that it had."""

    method: str
    budget: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a method came to.

    Attributes:
        value: of the best text that it tried, in [0, 1]; 1 is a success.
        log_probability: of that text per token, in nats.
        rows: token rows that it fed beside the prompt's.
        texts: how many texts it tried to their end.
        unshared: rows that as many simulations take without a shared cache; 0 but for the search.
        simulations: of the search; 0 for others.
        text: the best text.
    """

    value: float
    log_probability: float
    rows: int
    texts: int
    unshared: int = 0
    simulations: int = 0
    text: str = ""

    @property
    def success(self) -> float:
        """1 for a text as asked, else 0."""
        return float(self.value >= 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class ItemFigures:
    """One item: its place among the study's, its prompt, what was asked, and its trials."""

    number: int
    prompt: str
    asked: str
    trials: dict[Cell, Trial]


KINDS = (ItemFigures, Cell, Trial)
"""What a journal of these findings is made of."""
