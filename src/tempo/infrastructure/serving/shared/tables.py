"""The tables of runs, the same in SQLite and PostgreSQL; a file has those of SqliteRunStore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    DOUBLE_PRECISION,
    REAL,
    TEXT,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
)

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

# In Unix time; SQLite's REAL has eight bytes, PostgreSQL's four.
_MOMENT: TypeEngine[float] = REAL().with_variant(DOUBLE_PRECISION(), "postgresql")

METADATA = MetaData()

RUNS = Table(
    "runs",
    METADATA,
    Column("name", TEXT, primary_key=True),
    Column("state", TEXT, nullable=False),
    Column("asked_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    Column("asked", TEXT, nullable=False),
    Column("answer", TEXT),
    Column("parent", TEXT),
    Index("by_time", "asked_at"),
    sqlite_strict=True,
)

EVENTS = Table(
    "events",
    METADATA,
    Column("run", TEXT, ForeignKey("runs.name", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("document", TEXT, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

LEASES = Table(
    "leases",
    METADATA,
    Column("run", TEXT, ForeignKey("runs.name", ondelete="CASCADE"), primary_key=True),
    # Another at each claim, so that what an earlier holder writes late is told from it.
    Column("owner", TEXT, nullable=False),
    Column("until", _MOMENT, nullable=False),
    Column("claims", Integer, nullable=False),
    Column("asked_to_stop", Integer, nullable=False),
    Column("heard_at", _MOMENT),
    Index("by_owner", "owner"),
    sqlite_strict=True,
)
