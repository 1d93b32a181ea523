"""How many workers there are to be, and what each of them needs."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.domain.errors import InvalidValueError

MOST_WORKERS = 10_000
MOST_SHARE = 1024.0


@dataclass(frozen=True, slots=True)
class Crew:
    """Workers that are alike.

    Attributes:
        workers: how many at most, 1 to 10000; fewer where there is no room for all.
        cpus: of each, 0 to 1024; a fraction lets several share one.
        gpus: of each, 0 to 1024; as `cpus`.

    Raises:
        InvalidValueError: for a number outside its range.
    """

    workers: int = 2
    cpus: float = 1.0
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.workers <= MOST_WORKERS:
            message = f"workers is {self.workers}; it must be from 1 to {MOST_WORKERS}"
            raise InvalidValueError(message)
        for name, share in (("cpus_per_worker", self.cpus), ("gpus_per_worker", self.gpus)):
            if not 0 <= share <= MOST_SHARE:
                message = f"{name} is {share:g}; it must be from 0 to {MOST_SHARE:g}"
                raise InvalidValueError(message)
            if share > 1 and share != int(share):
                message = f"{name} is {share:g}; above 1 it must be a whole number"
                raise InvalidValueError(message)

    @property
    def resources(self) -> dict[str, float]:
        """What Ray is asked for one worker."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus}

    def fitting(self, cpus: float, gpus: float) -> int:
        """Return how many workers a node with so much has room for."""
        shares = ((cpus, self.cpus), (gpus, self.gpus))
        return min((int(has / share) for has, share in shares if share), default=self.workers)
