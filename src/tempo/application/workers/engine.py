"""The port to what does work: this process, or many workers on other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from tempo.application.workers.work import Done, Work, WorkItem


class WorkEngine(Protocol):
    """Has items done by workers that have opened the work."""

    def run(self, work: Work, items: Iterable[WorkItem]) -> Generator[Done, None, None]:
        """Yield what came of each item once, in whatever order they end.

        An item that fails is tried again as often as the engine says, then yielded as failed; the
        others go on. So does one whose worker dies, whose place another worker takes. Whoever
        closes the generator stops the work; what was not yielded is lost.

        Raises:
            InvalidValueError: for two items of one id, before anything is done.
            WorkerError: if no worker can be had, or none can open the work.
        """
        ...
