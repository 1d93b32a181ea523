"""Runs in SQLite or PostgreSQL, shared by the replicas of a service."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, null, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from tempo.application.serving.served_run import RunState
from tempo.application.serving.shared_store import Progress
from tempo.infrastructure.serving.kept_rows import as_json, from_row
from tempo.infrastructure.serving.shared.leases import Leases
from tempo.infrastructure.serving.shared.tables import EVENTS, LEASES, RUNS
from tempo.infrastructure.serving.unwritten import Statement
from tempo.infrastructure.serving.write_behind import WriteBehind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Select

    from tempo.application.serving.event_log import Document
    from tempo.application.serving.run_store import KeptRun
    from tempo.application.serving.shared_store import Claim, Held
    from tempo.infrastructure.serving.shared.database import Database

LINGER = 0.03
"""Seconds that what was told waits for more before it is there for all, its listeners too."""

MOST_UNWRITTEN = 64 * 2**20
"""Characters that wait for a database that takes nothing."""

UNDER_WAY = [RunState.QUEUED.value, RunState.RUNNING.value]

SAVE = (
    update(RUNS)
    .where(RUNS.c.name == bindparam("run"))
    .values(state=bindparam("now"), ended_at=bindparam("moment"), answer=bindparam("answered"))
)
DROP = delete(RUNS).where(RUNS.c.name == bindparam("run"))

_ENDED = RUNS.c.ended_at.is_not(None)
RETAIN = delete(RUNS).where(
    _ENDED,
    or_(
        RUNS.c.ended_at < bindparam("since"),
        RUNS.c.name.not_in(
            select(RUNS.c.name)
            .where(_ENDED)
            .order_by(RUNS.c.ended_at.desc())
            .limit(bindparam("most"))
        ),
    ),
)

_HAS_BEGUN = select(EVENTS.c.seq).where(EVENTS.c.run == RUNS.c.name).exists()


class DatabaseRunStore:
    """The runs of all replicas; what this one writes, another thread writes for it.

    Nothing is written of a run but under its lease, which is looked at in the same transaction.
    """

    def __init__(
        self,
        database: Database,
        lease_seconds: float,
        told: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        """Lease runs for so long; `told` gets the reason once writing fails, None if it goes on."""
        self._database = database
        self._leases = Leases(database, lease_seconds)
        self._leases.lease_the_left(UNDER_WAY)
        self._append = database.insert(EVENTS).on_conflict_do_nothing()
        faults = (IntegrityError, SQLAlchemyError)
        self._writer = WriteBehind(self._transact, faults, told, MOST_UNWRITTEN, LINGER)

    # Writing -----------------------------------------------------------------------------------

    def begin(self, run: KeptRun) -> None:
        row = {
            "name": run.name,
            "state": run.state.value,
            "asked_at": run.asked_at,
            "asked": as_json(run.asked),
            "parent": as_json(run.parent),
        }
        with self._database.changing() as connection:
            connection.execute(self._database.insert(RUNS).values(row))
            self._leases.begin(connection, run.name)

    def save(self, run: KeptRun) -> None:
        values = {
            "run": run.name,
            "now": run.state.value,
            "moment": run.ended_at,
            "answered": as_json(run.answer),
        }
        self._put(Statement(SAVE, values, run.name, lease=self._leases.of(run.name)))

    def append(
        self, name: str, event: Document, written: Callable[[], object] = lambda: None
    ) -> None:
        values = {"run": name, "seq": event["seq"], "document": as_json(event)}
        lease = self._leases.of(name)
        self._put(Statement(self._append, values, name, lease=lease, written=written))

    def drop(self, name: str) -> None:
        self._put(Statement(DROP, {"run": name}, name, forgets=True, lease=self._leases.of(name)))

    def retain(self, most: int, since: float) -> None:
        self._writer.put(Statement(RETAIN, {"most": most, "since": since}))

    def _put(self, statement: Statement) -> None:
        """Write about a run that is held; what is told of a lost one is nobody's."""
        if statement.lease is not None:
            self._writer.put(statement)

    def _transact(self, statements: Iterable[Statement]) -> list[Statement]:
        batch = list(statements)
        with self._database.writing() as connection:
            held = self._leases.locked(connection, {one.lease for one in batch if one.lease})
            written = [one for one in batch if one.lease is None or one.lease in held]
            for one in written:
                connection.execute(one.text, one.values)
        return written

    def flush(self) -> bool:
        return self._writer.flush()

    @property
    def is_failing(self) -> bool:
        return self._writer.is_failing

    def holds(self, name: str) -> bool:
        return self._writer.holds(name)

    # Reading -----------------------------------------------------------------------------------

    def find(self, name: str) -> KeptRun | None:
        found = self._runs(_selected(RUNS.c.answer).where(RUNS.c.name == name))
        return found[0] if found else None

    def events(self, name: str) -> list[Document]:
        self.flush()
        query = select(EVENTS.c.document).where(EVENTS.c.run == name).order_by(EVENTS.c.seq)
        with self._database.reading() as connection:
            return [json.loads(document) for (document,) in connection.execute(query)]

    def listing(self, limit: int, before: float | None) -> list[KeptRun]:
        moment = math.inf if before is None else before
        query = _selected(null()).where(RUNS.c.asked_at < moment)
        return self._runs(query.order_by(RUNS.c.asked_at.desc()).limit(limit))

    def children(self, name: str) -> list[KeptRun]:
        query = _selected(null()).where(self._database.parent == name)
        return self._runs(query.order_by(RUNS.c.asked_at))

    def progress(self, known: Mapping[str, int]) -> Mapping[str, Progress]:
        if not known:
            return {}
        # The states first: of a run that is over by then, all events are there.
        states = select(RUNS.c.name, RUNS.c.state).where(RUNS.c.name.in_(known))
        later = or_(
            *((EVENTS.c.run == name) & (EVENTS.c.seq > last) for name, last in known.items())
        )
        told = select(EVENTS.c.run, EVENTS.c.document).where(later).order_by(EVENTS.c.seq)
        with self._database.reading() as connection:
            found = {name: RunState(state).is_over for name, state in connection.execute(states)}
            events: dict[str, list[Document]] = {name: [] for name in found}
            for name, document in connection.execute(told):
                events.setdefault(name, []).append(json.loads(document))
        return {name: Progress(is_over, events[name]) for name, is_over in found.items()}

    def _runs(self, query: Select[Any]) -> list[KeptRun]:
        self.flush()
        with self._database.reading() as connection:
            return [_found(row) for row in connection.execute(query)]

    # Leases ------------------------------------------------------------------------------------

    def renew(self) -> None:
        self._leases.renew()

    def held(self) -> Mapping[str, Held]:
        return self._leases.held()

    def claim(self) -> Claim | None:
        return self._leases.claim(UNDER_WAY, self.find)

    def let_go(self, name: str) -> None:
        self.flush()
        self._leases.let_go(name)

    def ask_to_stop(self, name: str) -> None:
        with self._database.changing() as connection:
            connection.execute(update(LEASES).where(LEASES.c.run == name).values(asked_to_stop=1))

    def hear(self, names: Iterable[str]) -> None:
        heard = update(LEASES).where(LEASES.c.run.in_(list(names)))
        with self._database.changing() as connection:
            connection.execute(heard.values(heard_at=self._database.now))

    def close(self) -> None:
        self._writer.close()
        self._database.engine.dispose()


def _selected(answer: Any) -> Select[Any]:  # noqa: ANN401 - a column, or none
    """Return what a run is read from; the last column says whether it has told anything."""
    columns = (RUNS.c.name, RUNS.c.state, RUNS.c.asked_at, RUNS.c.ended_at, RUNS.c.asked)
    return select(*columns, answer, RUNS.c.parent, _HAS_BEGUN)


def _found(row: Sequence[Any]) -> KeptRun:
    """Return a run; one that waits no more is known by what it told, until it has ended."""
    name, state, *others, has_begun = row
    if state == RunState.QUEUED.value and has_begun:
        state = RunState.RUNNING.value
    return from_row((name, state, *others))
