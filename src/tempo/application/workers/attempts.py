"""An item tried until it is done or given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.workers.work import Failed, Finished
from tempo.domain.errors import InvalidValueError, TempoError

if TYPE_CHECKING:
    from tempo.application.workers.work import Done, Worker, WorkItem

MOST_RETRIES = 100


@dataclass(frozen=True, slots=True)
class Retries:
    """How often what failed is tried again.

    Attributes:
        number: from 0 to 100.

    Raises:
        InvalidValueError: for a number outside its range.
    """

    number: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.number <= MOST_RETRIES:
            message = f"retries is {self.number}; it must be from 0 to {MOST_RETRIES}"
            raise InvalidValueError(message)

    @property
    def attempts(self) -> int:
        """How often an item is tried in all."""
        return self.number + 1

    def done(self, worker: Worker, item: WorkItem) -> Done:
        """Have a worker do an item; a failure of the last attempt is what is returned."""
        reason = ""
        for _ in range(self.attempts):
            try:
                return Finished(item.id, worker.do(item.payload))
            except Exception as error:  # noqa: BLE001  # why: one item must not end the others
                reason = reason_of(error)
        return Failed(item.id, reason, self.attempts)


def reason_of(error: Exception) -> str:
    """Return why something failed, in one sentence."""
    said = " ".join(str(error).split())
    if isinstance(error, TempoError):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
