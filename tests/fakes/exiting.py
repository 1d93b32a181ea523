"""A scripted model whose rows may leave early: what they say then stands in another script."""

from dataclasses import dataclass

from tempo.domain.early_exit import ExitRule, LayerReading, Leaving, RowExit
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tests.fakes.backends import Wrapped

DEPTH = 4


@dataclass(frozen=True)
class ScriptedExits:
    """Rows of some tokens are sure from layer 1 on, and say what they say at the end.

    The others are sure of nothing before the last layer, and say something else until then. Where
    all rows of a pass have left early, the hasty script answers for them.
    """

    full: ScriptedBackend
    hasty: ScriptedBackend
    sure: frozenset

    def __call__(self, rule: ExitRule, heard=None):
        return LeavesEarly(self.full, self, rule, heard or (lambda _: None))


@dataclass
class BothSessions:
    """The same rows under either script, and how those of the last pass left."""

    full: object
    hasty: object
    exits: tuple = ()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.full.close()
        self.hasty.close()

    def mark(self):
        return self.full.mark()

    @property
    def cache_rows(self):
        return self.full.cache_rows

    @property
    def answering(self):
        return self.hasty if all(one.layer < DEPTH for one in self.exits) else self.full


@dataclass
class LeavesEarly(Wrapped):
    by: ScriptedExits
    rule: ExitRule
    heard: object

    def open(self, prompt, rules):
        session = BothSessions(self.by.full.open(prompt, rules), self.by.hasty.open(prompt, rules))
        self._let_go(session, prompt[-1:])
        return session

    def extend(self, batch):
        for session, nodes in batch:
            session.full.extend(nodes)
            session.hasty.extend(nodes)
            self._let_go(session, [node.token_id for node in nodes])

    def propose(self, batch):
        return [session.answering.propose(reading) for session, reading in batch]

    def _let_go(self, session, tokens):
        exits = [self._exit(token) for token in tokens]
        if self.rule.leaving is Leaving.SET:
            slowest = max(one.layer for one in exits)
            exits = [RowExit(slowest, one.readings) for one in exits]
        session.exits = tuple(exits)
        self.heard(session.exits)

    def _exit(self, token):
        readings = []
        for one in self.rule.layers:
            certain = token in self.by.sure
            said = token if certain or one.layer == DEPTH else token + 1
            number = 0.9 if certain else 0.1
            readings.append(LayerReading(one.layer, said, number, 0.1, int(certain), number))
            if self.rule.criterion.confidence(readings[-1]) >= one.threshold:
                return RowExit(one.layer, tuple(readings))
        return RowExit(DEPTH, tuple(readings))
