"""What stands in a Ray worker and does items, and the form in which they travel.

A worker that dies leaves an item begun. Whoever gets the item next sees how often that happened,
and gives it up where it was often enough.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tempo.application.workers.attempts import reason_of
from tempo.application.workers.work import Failed, Finished, WorkItem
from tempo.domain.errors import WorkerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tempo.application.workers.attempts import Retries
    from tempo.application.workers.work import Done, Work, Worker
    from tempo.infrastructure.scale_out.tally import Tally

ASKED, DONE = "asked", "done"
"""The one column of what goes to workers and of what comes back."""

FINISHED, FAILED, UNOPENED = "finished", "failed", "unopened"

PARTS = ("tempo-decoding", "torch", "transformers", "numpy")
"""Packages whose versions decide numbers; Ray compares its own and Python's."""


def versions() -> dict[str, str]:
    """Return the versions that decide numbers, of this process."""
    return {part: version(part) for part in PARTS}


class Hand:
    """Opens its work with the first item, and does one item after another."""

    def __init__(
        self, work: Work, retries: Retries, wanted: Mapping[str, str], tally: Tally
    ) -> None:
        """Open nothing yet; `wanted` are the versions of whoever asks."""
        self._work = work
        self._retries = retries
        self._wanted = wanted
        self._tally = tally
        self._worker: Worker | None = None

    def __call__(self, table: Any) -> dict[str, list[str]]:  # noqa: ANN401 - of Arrow
        """Do the items of a block."""
        return {DONE: [self.do(asked) for asked in table.column(ASKED).to_pylist()]}

    def do(self, asked: str) -> str:
        """Do one item, from JSON to JSON."""
        item = WorkItem(*json.loads(asked))
        try:
            worker = self._opened()
        except Exception as error:  # noqa: BLE001  # why: whoever asked is to tell the reason
            return json.dumps([UNOPENED, item.id, reason_of(error)])
        deaths = self._tally.begun(item.id)
        done = (
            Failed(item.id, _died(deaths), deaths)
            if deaths >= self._retries.attempts
            else self._retries.done(worker, item)
        )
        self._tally.ended(item.id)
        return told(done)

    def _opened(self) -> Worker:
        if self._worker is None:
            found = versions()
            if found != self._wanted:
                raise WorkerError(_difference(found, self._wanted))
            self._worker = self._work.open()
        return self._worker


def asked_of(items: Iterable[WorkItem]) -> list[str]:
    """Return items as they travel; JSON in ASCII, so that nothing on the way can change it."""
    return [json.dumps([item.id, item.payload]) for item in items]


def told(done: Done) -> str:
    """Return what came of an item as it travels."""
    if isinstance(done, Finished):
        return json.dumps([FINISHED, done.id, done.result])
    return json.dumps([FAILED, done.id, done.reason, done.attempts])


def heard(text: str) -> Done:
    """Return what came of an item.

    Raises:
        WorkerError: if its worker could not open the work; no other one could.
    """
    kind, name, *rest = json.loads(text)
    if kind == UNOPENED:
        message = f"no worker can be had: {rest[0]}"
        raise WorkerError(message)
    return Finished(name, *rest) if kind == FINISHED else Failed(name, *rest)


def _died(times: int) -> str:
    return f"its worker died {times} times" if times > 1 else "its worker died"


def _difference(found: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return the sentence on packages that differ between a node and whoever asks."""
    names = [name for name in wanted if found.get(name) != wanted[name]]
    told = ", ".join(f"{name} {found.get(name)} there, {wanted[name]} here" for name in names)
    return f"a node has other versions: {told}; install the same ones on every node"
