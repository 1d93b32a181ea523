"""The engine that does everything in this process, one item after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.workers.attempts import Retries
from tempo.application.workers.work import require_different

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from tempo.application.workers.work import Done, Work, Worker, WorkItem


class LocalEngine:
    """Opens the work here, and does its items in their order."""

    def __init__(self, retries: Retries | None = None) -> None:
        """Try an item that failed again so often."""
        self._retries = retries or Retries()

    def run(self, work: Work, items: Iterable[WorkItem]) -> Generator[Done, None, None]:
        """Yield what came of each item, as `WorkEngine` says."""
        return self._each(work, require_different(items))

    def _each(self, work: Work, items: tuple[WorkItem, ...]) -> Generator[Done, None, None]:
        worker: Worker | None = None
        for item in items:
            worker = worker or work.open()
            yield self._retries.done(worker, item)
