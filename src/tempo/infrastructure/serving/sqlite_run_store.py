"""Runs in an SQLite file: written by one thread, in few and short transactions."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tempo.application.serving.store_place import MEMORY
from tempo.domain.errors import OutputError
from tempo.infrastructure.serving.kept_rows import as_json, from_row
from tempo.infrastructure.serving.unwritten import Statement
from tempo.infrastructure.serving.write_behind import WriteBehind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tempo.application.serving.event_log import Document
    from tempo.application.serving.run_store import KeptRun

PATIENCE = 1.0
"""Seconds that one waits for another process to let go of the file."""

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
        self._connection = _opened(path)
        self._lock = Lock()
        faults = (sqlite3.IntegrityError, sqlite3.Error)
        self._writer = WriteBehind(self._transact, faults, told, MOST_UNWRITTEN)

    def save(self, run: KeptRun) -> None:
        row = (
            run.name,
            run.state.value,
            run.asked_at,
            run.ended_at,
            as_json(run.asked),
            as_json(run.answer),
            as_json(run.parent),
        )
        self._writer.put(Statement(SAVE, row, run.name))

    def append(self, name: str, event: Document) -> None:
        self._writer.put(Statement(APPEND, (name, event["seq"], as_json(event)), name))

    def drop(self, name: str) -> None:
        self._writer.put(Statement(DROP, (name,), name, forgets=True))

    def retain(self, most: int, since: float) -> None:
        self._writer.put(Statement(RETAIN, (since, most)))

    def flush(self) -> bool:
        return self._writer.flush()

    @property
    def is_failing(self) -> bool:
        return self._writer.is_failing

    def holds(self, name: str) -> bool:
        return self._writer.holds(name)

    def find(self, name: str) -> KeptRun | None:
        rows = self._read(FIND, (name,))
        return from_row(rows[0]) if rows else None

    def events(self, name: str) -> list[Document]:
        return [json.loads(document) for (document,) in self._read(EVENTS, (name,))]

    def listing(self, limit: int, before: float | None) -> list[KeptRun]:
        moment = float("inf") if before is None else before
        return [from_row(row) for row in self._read(LISTING, (moment, limit))]

    def children(self, name: str) -> list[KeptRun]:
        return [from_row(row) for row in self._read(CHILDREN, (name,))]

    def close(self) -> None:
        self._writer.close()
        self._connection.close()

    def _read(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        self.flush()
        with self._lock, closing(self._connection.execute(statement, values)) as found:
            return found.fetchall()

    def _transact(self, statements: Iterable[Statement]) -> list[Statement]:
        written = list(statements)
        with self._lock, self._connection:
            for one in written:
                self._connection.execute(one.text, one.values)
        return written


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
