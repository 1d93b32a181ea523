"""Runs in an SQLite file: written by one thread, in few and short transactions."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState
from tempo.domain.errors import OutputError
from tempo.infrastructure.serving.unwritten import Statement, Unwritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tempo.application.serving.event_log import Document

MEMORY = ":memory:"
LINGER = 0.1
"""Seconds that what was written may wait for more before it is on the disk."""

PATIENCE = 1.0
"""Seconds that one waits for another process to let go of the file."""

RETRY = 1.0
"""Seconds after which what could not be written is tried again."""

MOST_UNWRITTEN = 64 * 2**20
"""Characters that wait for a disk that takes nothing."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    name TEXT PRIMARY KEY, state TEXT NOT NULL, asked_at REAL NOT NULL, ended_at REAL,
    asked TEXT NOT NULL, answer TEXT, parent TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS by_time ON runs (asked_at);
CREATE INDEX IF NOT EXISTS by_parent ON runs (json_extract(parent, '$.run_id'));
CREATE TABLE IF NOT EXISTS events (
    run TEXT NOT NULL REFERENCES runs (name) ON DELETE CASCADE,
    seq INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
"""

SAVE = """
INSERT INTO runs (name, state, asked_at, ended_at, asked, answer, parent)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
state = excluded.state, ended_at = excluded.ended_at, answer = coalesce(excluded.answer, answer)
"""
APPEND = "INSERT OR REPLACE INTO events (run, seq, document) VALUES (?, ?, ?)"
DROP = "DELETE FROM runs WHERE name = ?"
FIND = "SELECT name, state, asked_at, ended_at, asked, answer, parent FROM runs WHERE name = ?"
EVENTS = "SELECT document FROM events WHERE run = ? ORDER BY seq"
LISTING = """
SELECT name, state, asked_at, ended_at, asked, NULL, parent FROM runs
WHERE asked_at < ? ORDER BY asked_at DESC LIMIT ?
"""
CHILDREN = """
SELECT name, state, asked_at, ended_at, asked, NULL, parent FROM runs
WHERE json_extract(parent, '$.run_id') = ? ORDER BY asked_at
"""
RETAIN = """
DELETE FROM runs WHERE ended_at IS NOT NULL AND (ended_at < ? OR name NOT IN (
    SELECT name FROM runs WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT ?
))
"""


class SqliteRunStore:
    """Keeps runs in a file, or in memory alone.

    What cannot be written, because the disk is full, waits until it can. The file is of one process
    at a time: another one would take the runs under way for runs that were cut off.
    """

    def __init__(self, path: str, told: Callable[[str | None], None] = lambda _: None) -> None:
        """Open a file; `told` gets the reason once writing fails, and None once it goes on.

        Raises:
            OutputError: if the file cannot be opened as a database.
        """
        self._told = told
        self._connection = _opened(path)
        self._lock = Lock()
        self._statements: SimpleQueue[Statement | Event | None] = SimpleQueue()
        self._unwritten = Unwritten(MOST_UNWRITTEN)
        self._is_failing = False
        self._writer = Thread(target=self._write, name="tempo-store", daemon=True)
        self._writer.start()

    def save(self, run: KeptRun) -> None:
        row = (
            run.name,
            run.state.value,
            run.asked_at,
            run.ended_at,
            _json(run.asked),
            _json(run.answer),
            _json(run.parent),
        )
        self._statements.put(Statement(SAVE, row, run.name))

    def append(self, name: str, event: Document) -> None:
        self._statements.put(Statement(APPEND, (name, event["seq"], _json(event)), name))

    def drop(self, name: str) -> None:
        self._statements.put(Statement(DROP, (name,), name, forgets=True))

    def retain(self, most: int, since: float) -> None:
        self._statements.put(Statement(RETAIN, (since, most)))

    def flush(self) -> bool:
        written = Event()
        self._statements.put(written)
        written.wait()
        return not self._unwritten

    @property
    def is_failing(self) -> bool:
        return self._is_failing

    def holds(self, name: str) -> bool:
        waits = self._is_failing and self._unwritten.waits(name)
        return not (waits or self._unwritten.has_given_up(name))

    def find(self, name: str) -> KeptRun | None:
        rows = self._read(FIND, (name,))
        return _run(rows[0]) if rows else None

    def events(self, name: str) -> list[Document]:
        return [json.loads(document) for (document,) in self._read(EVENTS, (name,))]

    def listing(self, limit: int, before: float | None) -> list[KeptRun]:
        moment = float("inf") if before is None else before
        return [_run(row) for row in self._read(LISTING, (moment, limit))]

    def children(self, name: str) -> list[KeptRun]:
        return [_run(row) for row in self._read(CHILDREN, (name,))]

    def close(self) -> None:
        self._statements.put(None)
        self._writer.join()
        self._connection.close()

    def _read(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        self.flush()
        with self._lock, closing(self._connection.execute(statement, values)) as found:
            return found.fetchall()

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
        end = monotonic() + LINGER
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
        try:
            try:
                self._transact(self._unwritten)
            except sqlite3.IntegrityError:
                for one in tuple(self._unwritten):
                    self._write_alone(one)
        except sqlite3.Error as error:
            if not self._is_failing:
                self._is_failing = True
                self._told(str(error))
            return
        self._unwritten.clear()
        if self._is_failing:
            self._is_failing = False
            self._told(None)

    def _write_alone(self, one: Statement) -> None:
        """Write one statement; give its run up where it fits nothing that is kept."""
        try:
            self._transact([one])
        except sqlite3.IntegrityError:
            if one.run is not None:
                self._unwritten.give_up(one.run)

    def _transact(self, statements: Iterable[Statement]) -> None:
        with self._lock, self._connection:
            for one in statements:
                self._connection.execute(one.text, one.values)


def _opened(path: str) -> sqlite3.Connection:
    try:
        if path != MEMORY:
            Path(path).expanduser().parent.mkdir(parents=True, exist_ok=True)
        name = path if path == MEMORY else str(Path(path).expanduser())
        connection = sqlite3.connect(name, timeout=PATIENCE, check_same_thread=False)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(SCHEMA)
    except (sqlite3.Error, OSError) as error:
        why = "another service keeps its runs there" if "locked" in str(error) else error
        message = f"runs cannot be kept in {path}: {why}; name another file with --store"
        raise OutputError(message) from error
    return connection


def _run(row: tuple[Any, ...]) -> KeptRun:
    name, state, asked_at, ended_at, asked, answer, parent = row
    return KeptRun(
        name=name,
        state=RunState(state),
        asked_at=asked_at,
        ended_at=ended_at,
        asked=json.loads(asked),
        answer=None if answer is None else json.loads(answer),
        parent=None if parent is None else json.loads(parent),
    )


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, separators=(",", ":"))
