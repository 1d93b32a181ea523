"""A database as it is opened: its connections, its clock, and what it has of its own."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import cast, create_engine, event, extract, func, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import DOUBLE_PRECISION, JSON

from tempo.domain.errors import InvalidValueError, OutputError, UnavailableError
from tempo.infrastructure.serving.shared.tables import METADATA, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, ColumnElement, Connection, Engine

PATIENCE = 5
"""Seconds that one waits for a connection, for another process's lock, and for an answer."""

OPENING = 0x7E3B0
"""Under which PostgreSQL lets one replica at a time make the tables."""

WRITES = "tempo_writes"
_UNIX = 2_440_587.5
"""The first of January 1970 as a Julian day."""


@dataclass(frozen=True, slots=True)
class Database:
    """What differs between databases.

    Attributes:
        engine: its connections.
        insert: an insertion that may say what to do about a conflict.
        now: seconds since 1970 by the database's own clock.
        parent: the name of the run that a run goes on from.
    """

    engine: Engine
    insert: Callable[[Any], Any]
    now: ColumnElement[Any]
    parent: ColumnElement[Any]

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one transaction.

        Raises:
            UnavailableError: if the database does not answer.
        """
        try:
            with self.engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            message = "the store of runs does not answer; try again in a few seconds"
            raise UnavailableError(message) from error

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """Write in one transaction, as `writing`.

        Raises:
            UnavailableError: if the database takes nothing.
        """
        try:
            with self.writing() as connection:
                yield connection
        except SQLAlchemyError as error:
            message = "the store of runs takes nothing at present; try again in a few seconds"
            raise UnavailableError(message) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write in one transaction: all of it, or nothing where something is raised."""
        with self.engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection


def opened(place: str) -> Database:
    """Open a database by its URL, and make the tables that are not there.

    Raises:
        OutputError: if it cannot be opened.
        InvalidValueError: if there is no driver for it.
    """
    url = make_url(place)
    try:
        made = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
        with made.writing() as connection:
            if made.engine.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({OPENING})"))
            METADATA.create_all(connection)
    except (SQLAlchemyError, OSError) as error:
        why = " ".join(str(getattr(error, "orig", None) or error).split())
        if "locked" in why:
            why = "a service that shares its runs with none keeps them there"
        shown = url.render_as_string(hide_password=True)
        message = f"runs cannot be kept in {shown}: {why}; name another store with --store"
        raise OutputError(message) from error
    return made


def _sqlite(url: URL) -> Database:
    if url.database and url.database != ":memory:":
        path = Path(url.database).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        url = url.set(database=str(path))
    engine = create_engine(url, connect_args={"timeout": PATIENCE})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: object) -> None:  # noqa: ANN401 - of the driver
        connection.isolation_level = None  # transactions begin where they are said to
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # What is to be written takes its turn at the start: who has read could not wait for it.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return Database(
        engine,
        sqlite.insert,
        (func.julianday("now") - _UNIX) * 86_400.0,
        func.json_extract(RUNS.c.parent, "$.run_id"),
    )


def _postgresql(url: URL) -> Database:
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra of its own
    except ImportError as error:
        message = "PostgreSQL needs its driver: pip install 'tempo-decoding[ray,postgresql]'"
        raise InvalidValueError(message) from error
    milliseconds = 1000 * PATIENCE
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_timeout=PATIENCE,
        connect_args={
            "connect_timeout": PATIENCE,
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}",
            "application_name": "tempo",
        },
    )
    return Database(
        engine,
        postgresql.insert,
        cast(extract("epoch", func.clock_timestamp()), DOUBLE_PRECISION),
        cast(RUNS.c.parent, JSON)["run_id"].as_string(),
    )
