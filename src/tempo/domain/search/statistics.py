"""What a search knows of one node."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Statistics:
    """Visits and values of one node.

    A simulation under way is a visit of the worst value seen until its own is there: a virtual
    loss, so that simulations of one batch part ways (Chaslot, Winands and van den Herik, 2008).

    Attributes:
        visits: simulations that went through the node and have their value.
        total: the sum of these values, each in [0, 1].
        pending: simulations under way through the node.
    """

    visits: int = 0
    total: float = 0.0
    pending: int = 0

    def __post_init__(self) -> None:
        if self.visits < 0 or self.pending < 0:
            message = (
                f"a node has {self.visits} visits and {self.pending} pending ones; "
                "neither can be below 0"
            )
            raise InvalidValueError(message)

    @property
    def tried(self) -> int:
        """Visits, those under way among them."""
        return self.visits + self.pending

    @property
    def mean(self) -> float:
        """The mean value, in [0, 1]; 0 before the first visit."""
        return self.total / self.visits if self.visits else 0.0

    def expected(self, worst: float) -> float:
        """Return the mean value with each simulation under way counted as `worst`."""
        return (self.total + self.pending * worst) / self.tried if self.tried else 0.0

    def entered(self) -> Statistics:
        """Return the statistics with one more simulation under way."""
        return Statistics(self.visits, self.total, self.pending + 1)

    def backed_up(self, value: float) -> Statistics:
        """Return the statistics once a simulation under way has its value."""
        return Statistics(self.visits + 1, self.total + value, self.pending - 1)
