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

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.serving.event_log import Document

MEMORY = ":memory:"
LINGER = 0.1
"""Seconds that what was written may wait for more before it is on the disk."""

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

Statement = tuple[str, tuple[Any, ...]]


class SqliteRunStore:
    """Keeps runs in a file, or in memory alone."""

    def __init__(self, path: str, failed: Callable[[str], None] = lambda _: None) -> None:
        """Open a file; `failed` is told why something could not be written.

        Raises:
            OutputError: if the file cannot be opened as a database.
        """
        self._failed = failed
        self._connection = _opened(path)
        self._lock = Lock()
        self._statements: SimpleQueue[Statement | Event | None] = SimpleQueue()
        self._is_written = True
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
        self._statements.put((SAVE, row))

    def append(self, name: str, event: Document) -> None:
        self._statements.put((APPEND, (name, event["seq"], _json(event))))

    def drop(self, name: str) -> None:
        self._statements.put((DROP, (name,)))

    def retain(self, most: int, since: float) -> None:
        self._statements.put((RETAIN, (since, most)))

    def flush(self) -> bool:
        written = Event()
        self._statements.put(written)
        written.wait()
        return self._is_written

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
            if batch:
                self._is_written = self._transact(batch)
            for written in waiting:
                written.set()
            if not goes_on:
                return

    def _gathered(self) -> tuple[list[Statement], list[Event], bool]:
        """Return what is to be written now, who waits for it, and whether there will be more."""
        batch: list[Statement] = []
        waiting: list[Event] = []
        one = self._statements.get()
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

    def _transact(self, batch: list[Statement]) -> bool:
        try:
            with self._lock, self._connection:
                for statement, values in batch:
                    self._connection.execute(statement, values)
        except sqlite3.Error as error:
            self._failed(str(error))
            return False
        return True


def _opened(path: str) -> sqlite3.Connection:
    try:
        if path != MEMORY:
            Path(path).expanduser().parent.mkdir(parents=True, exist_ok=True)
        name = path if path == MEMORY else str(Path(path).expanduser())
        connection = sqlite3.connect(name, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(SCHEMA)
    except (sqlite3.Error, OSError) as error:
        message = f"runs cannot be kept in {path}: {error}; name another file with --store"
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
