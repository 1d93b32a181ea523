"""Writing by one thread, in few and short transactions, so that nobody waits for the disk."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from tempo.infrastructure.serving.unwritten import Statement, Unwritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LINGER = 0.1
"""Seconds that what was written may wait for more before it is on the disk."""

RETRY = 1.0
"""Seconds after which what could not be written is tried again."""


class WriteBehind:
    """Statements in their order, several in one transaction; what cannot be written waits."""

    def __init__(
        self,
        transact: Callable[[Iterable[Statement]], Iterable[Statement]],
        faults: tuple[type[Exception], type[Exception]],
        told: Callable[[str | None], None],
        most: int,
        linger: float = LINGER,
    ) -> None:
        """Write by `transact`, all or nothing; it returns those that it did not have to leave out.

        `faults` are what it raises for a statement that can never be written, and for any; `told`
        gets the reason once writing fails, and None once it goes on; `most` characters may wait.
        """
        self._transact = transact
        self._refused, self._failed = faults
        self._told = told
        self._linger = linger
        self._statements: SimpleQueue[Statement | Event | None] = SimpleQueue()
        self._unwritten = Unwritten(most)
        self._is_failing = False
        self._writer = Thread(target=self._write, name="tempo-store", daemon=True)
        self._writer.start()

    def put(self, statement: Statement) -> None:
        """Let a statement be written."""
        self._statements.put(statement)

    def flush(self) -> bool:
        """Wait until all was tried to be written; whether nothing waits any more."""
        written = Event()
        self._statements.put(written)
        written.wait()
        return not self._unwritten

    @property
    def is_failing(self) -> bool:
        """Whether nothing can be written at present."""
        return self._is_failing

    def holds(self, name: str) -> bool:
        """Whether all that was to be kept of a run is written."""
        waits = self._is_failing and self._unwritten.waits(name)
        return not (waits or self._unwritten.has_given_up(name))

    def close(self) -> None:
        """Write all, and end."""
        self._statements.put(None)
        self._writer.join()

    def _write(self) -> None:
        """Write what comes, several statements in one transaction, until the store is closed."""
        while True:
            batch, waiting, goes_on = self._gathered()
            self._unwritten.add(batch)
            if self._unwritten:
                self._write_all()
            for written in waiting:
                written.set()
            if not goes_on:
                return

    def _gathered(self) -> tuple[list[Statement], list[Event], bool]:
        """Return what is to be written now, who waits for it, and whether there will be more."""
        batch: list[Statement] = []
        waiting: list[Event] = []
        try:
            one = self._statements.get(timeout=RETRY if self._unwritten else None)
        except Empty:
            return batch, waiting, True
        end = monotonic() + self._linger
        while True:
            if one is None:
                return batch, waiting, False
            if isinstance(one, Event):
                waiting.append(one)
            else:
                batch.append(one)
            try:
                remaining = 0.0 if waiting else max(0.0, end - monotonic())
                one = self._statements.get(timeout=remaining)
            except Empty:
                return batch, waiting, True

    def _write_all(self) -> None:
        """Write what waits, all or nothing; what can never be written is left out."""
        written: list[Statement] = []
        try:
            try:
                written += self._transact(self._unwritten)
            except self._refused:
                for one in tuple(self._unwritten):
                    written += self._alone(one)
        except self._failed as error:
            if not self._is_failing:
                self._is_failing = True
                self._told(str(error))
            return
        self._unwritten.clear()
        if self._is_failing:
            self._is_failing = False
            self._told(None)
        for one in written:
            one.written()

    def _alone(self, one: Statement) -> Iterable[Statement]:
        """Write one statement; give its run up where it fits nothing that is kept."""
        try:
            return self._transact([one])
        except self._refused:
            if one.run is not None:
                self._unwritten.give_up(one.run)
            return ()
