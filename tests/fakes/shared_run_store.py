"""Runs that several replicas share, in memory, by a clock that a test sets."""

import copy
import json
from dataclasses import dataclass, field, replace
from itertools import count
from math import inf

from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState
from tempo.application.serving.shared_store import Claim, Held, Progress


@dataclass
class Lease:
    owner: int
    until: float
    claims: int = 0
    asked_to_stop: bool = False
    heard_at: float = -inf


@dataclass
class Row:
    run: KeptRun
    lease: Lease
    events: list = field(default_factory=list)


class Memory:
    """What replicas share: rows by name, and a clock in seconds."""

    def __init__(self, clock=lambda: 0.0):
        self.rows = {}
        self.clock = clock
        self.numbers = count()


class FakeSharedRunStore:
    """One replica's view; all that it writes is there at once, until it dies."""

    def __init__(self, memory=None, lease_seconds=10.0):
        self.memory = memory or Memory()
        self._seconds = lease_seconds
        self._held = {}
        self.appends_left = inf
        self.is_failing = False

    @property
    def is_dead(self):
        return self.appends_left < 0

    def _mine(self, name):
        """The row of a run that this replica may write about."""
        row = self.memory.rows.get(name)
        own = row is not None and row.lease.owner == self._held.get(name)
        return row if own and not self.is_dead else None

    def begin(self, run):
        self._held[run.name] = next(self.memory.numbers)
        lease = Lease(self._held[run.name], self.memory.clock() + self._seconds)
        self.memory.rows[run.name] = Row(plain(run), lease)

    def save(self, run):
        if (row := self._mine(run.name)) is not None:
            row.run = replace(plain(run), asked=row.run.asked, parent=row.run.parent)

    def append(self, name, event, written=lambda: None):
        self.appends_left -= 1
        row = self._mine(name)
        if row is not None:
            if event["seq"] == len(row.events):
                row.events.append(copy.deepcopy(event))
            written()

    def drop(self, name):
        if self._mine(name) is not None:
            del self.memory.rows[name]

    def retain(self, most, since):
        ended = [row.run for row in self.memory.rows.values() if row.run.ended_at is not None]
        newest = sorted(ended, key=lambda run: run.ended_at, reverse=True)[:most]
        for run in ended:
            if run.ended_at < since or run not in newest:
                del self.memory.rows[run.name]

    def flush(self):
        return True

    def holds(self, name):
        return True

    def find(self, name):
        row = self.memory.rows.get(name)
        if row is None:
            return None
        begun = row.run.state is RunState.QUEUED and row.events
        return replace(row.run, state=RunState.RUNNING) if begun else row.run

    def events(self, name):
        return list(self.memory.rows[name].events) if name in self.memory.rows else []

    def _without_answers(self, holds):
        return [
            replace(self.find(name), answer=None)
            for name, row in self.memory.rows.items()
            if holds(row.run)
        ]

    def listing(self, limit, before):
        moment = inf if before is None else before
        found = self._without_answers(lambda run: run.asked_at < moment)
        return sorted(found, key=lambda run: run.asked_at, reverse=True)[:limit]

    def children(self, name):
        found = self._without_answers(lambda run: (run.parent or {}).get("run_id") == name)
        return sorted(found, key=lambda run: run.asked_at)

    def progress(self, known):
        return {
            name: Progress(self.find(name).state.is_over, self.events(name)[last + 1 :])
            for name, last in known.items()
            if name in self.memory.rows
        }

    def renew(self):
        for name in self._held:
            if (row := self._mine(name)) is not None:
                row.lease.until = self.memory.clock() + self._seconds

    def held(self):
        self._held = {name: one for name, one in self._held.items() if self._mine(name)}
        now, rows = self.memory.clock(), self.memory.rows
        return {
            name: Held(rows[name].lease.asked_to_stop, now - rows[name].lease.heard_at)
            for name in self._held
        }

    def claim(self):
        rows = sorted(self.memory.rows.values(), key=lambda row: row.run.asked_at)
        for row in rows:
            is_own = row.lease.owner == self._held.get(row.run.name)
            has_ended = row.lease.until < self.memory.clock() and not is_own
            if not row.run.state.is_over and has_ended:
                self._held[row.run.name] = row.lease.owner = next(self.memory.numbers)
                row.lease.until = self.memory.clock() + self._seconds
                row.lease.claims += 1
                return Claim(self.find(row.run.name), row.lease.claims)
        return None

    def let_go(self, name):
        row = self._mine(name)
        self._held.pop(name, None)
        if row is not None:
            row.lease.until = -inf

    def ask_to_stop(self, name):
        if name in self.memory.rows:
            self.memory.rows[name].lease.asked_to_stop = True

    def hear(self, names):
        for name in names:
            self.memory.rows[name].lease.heard_at = self.memory.clock()

    def close(self):
        pass


def plain(run):
    """A run as a database would give it back."""
    return replace(run, answer=json.loads(json.dumps(run.answer)))
