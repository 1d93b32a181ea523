"""Which runs are this replica's, as all replicas see it."""

from __future__ import annotations

import math
import os
from socket import gethostname
from threading import Lock
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import func, literal, select, update

from tempo.application.serving.shared_store import Claim, Held
from tempo.infrastructure.serving.shared.tables import LEASES, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Connection

    from tempo.application.serving.run_store import KeptRun
    from tempo.infrastructure.serving.shared.database import Database


def new_owner() -> str:
    """Return a name that no other lease has; whoever looks into the table sees whose it is."""
    return f"{gethostname()}/{os.getpid()}/{uuid4().hex}"


class Leases:
    """The leases of one replica, each under a name of its own that no other claim has."""

    def __init__(self, database: Database, seconds: float) -> None:
        """Hold none yet; a lease is good for so many seconds from when it was renewed last."""
        self._database = database
        self._seconds = seconds
        self._lock = Lock()
        self._held: dict[str, str] = {}

    def of(self, run: str) -> str | None:
        """Return the lease of a run that is held."""
        return self._held.get(run)

    def begin(self, connection: Connection, run: str) -> None:
        """Lease a new run."""
        lease = new_owner()
        row = {"run": run, "owner": lease, "until": self._end, "claims": 0, "asked_to_stop": 0}
        connection.execute(self._database.insert(LEASES).values(row))
        with self._lock:
            self._held[run] = lease

    @property
    def _end(self) -> object:
        return self._database.now + self._seconds

    def locked(self, connection: Connection, leases: Collection[str]) -> set[str]:
        """Return which leases still hold; nobody claims those until the transaction ends."""
        if not leases:
            return set()
        query = select(LEASES.c.owner).where(LEASES.c.owner.in_(leases)).with_for_update()
        return set(connection.execute(query).scalars())

    def lease_the_left(self, states: Sequence[str]) -> None:
        """Let those be claimed that a service which shares its runs with none left under way."""
        left = select(RUNS.c.name, literal(""), literal(0.0), literal(0), literal(0)).where(
            RUNS.c.state.in_(states), RUNS.c.name.not_in(select(LEASES.c.run))
        )
        columns = ["run", "owner", "until", "claims", "asked_to_stop"]
        inserted = self._database.insert(LEASES).from_select(columns, left)
        with self._database.changing() as connection:
            connection.execute(inserted.on_conflict_do_nothing())

    def renew(self) -> None:
        """Put off the end of all."""
        with self._lock:
            held = list(self._held.values())
        if held:
            renewed = update(LEASES).where(LEASES.c.owner.in_(held)).values(until=self._end)
            with self._database.changing() as connection:
                connection.execute(renewed)

    def held(self) -> dict[str, Held]:
        """Return the runs that are still held, and forget those that another replica claimed."""
        with self._lock:
            leases = dict(self._held)
        if not leases:
            return {}
        heard = func.coalesce(self._database.now - LEASES.c.heard_at, math.inf)
        query = select(LEASES.c.run, LEASES.c.asked_to_stop, heard).where(
            LEASES.c.owner.in_(list(leases.values()))
        )
        with self._database.reading() as connection:
            found = {
                run: Held(bool(asked), before) for run, asked, before in connection.execute(query)
            }
        with self._lock:
            for run, lease in leases.items():
                if run not in found and self._held.get(run) == lease:
                    del self._held[run]
        return found

    def claim(self, states: Sequence[str], find: Callable[[str], KeptRun | None]) -> Claim | None:
        """Take over the oldest run in some states whose lease has ended, if there is one.

        A lease of this replica's own that ended only because it is late is none of them.
        """
        with self._lock:
            own = list(self._held.values())
        has_ended = (LEASES.c.until < self._database.now) & LEASES.c.owner.not_in(own)
        query = (
            select(LEASES.c.run, LEASES.c.claims)
            .join(RUNS, RUNS.c.name == LEASES.c.run)
            .where(RUNS.c.state.in_(states), has_ended)
            .order_by(RUNS.c.asked_at)
            .limit(1)
            .with_for_update(skip_locked=True, of=LEASES)
        )
        lease = new_owner()
        with self._database.changing() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            claimed = update(LEASES).where(LEASES.c.run == row.run, has_ended)
            values = {"owner": lease, "until": self._end, "claims": LEASES.c.claims + 1}
            if connection.execute(claimed.values(values)).rowcount == 0:
                return None  # another was faster
        run = find(row.run)  # if this fails, the lease ends by itself
        with self._lock:
            self._held[row.run] = lease
        return None if run is None else Claim(run, row.claims + 1)

    def let_go(self, run: str) -> None:
        """End a lease."""
        with self._lock:
            lease = self._held.pop(run, None)
        if lease is not None:
            ended = update(LEASES).where(LEASES.c.owner == lease).values(until=0.0)
            with self._database.changing() as connection:
                connection.execute(ended)
