"""Backends around the scripted one: they count, or they break a promise of the port."""

from dataclasses import dataclass, replace

from tempo.domain.proposal import Proposal


@dataclass
class Wrapped:
    """Passes every verb on."""

    inner: object

    @property
    def description(self):
        return self.inner.description

    def open(self, prompt, rules):
        return self.inner.open(prompt, rules)

    def extend(self, batch):
        self.inner.extend(batch)

    def propose(self, batch):
        return self.inner.propose(batch)


@dataclass
class CountingBackend(Wrapped):
    passes: int = 0
    nodes: int = 0
    readings: int = 0
    opened: int = 0

    def open(self, prompt, rules):
        self.opened += 1
        return super().open(prompt, rules)

    def extend(self, batch):
        self.passes += 1
        self.nodes += sum(len(nodes) for _, nodes in batch)
        super().extend(batch)

    def propose(self, batch):
        self.readings += 1
        return super().propose(batch)


@dataclass
class SiblingsSeeEachOther(Wrapped):
    """Ignores that siblings are isolated, as a model does that drops the mask."""

    def extend(self, batch):
        super().extend([(session, self._seeing(nodes)) for session, nodes in batch])

    @staticmethod
    def _seeing(nodes):
        slots = [node.slot for node in nodes]
        return [
            replace(node, weights=tuple((slot, 1.0) for slot in slots if slot != node.slot))
            for node in nodes
        ]


@dataclass
class SeesEverySlot(Wrapped):
    """Lets a later row see all that was ever fed, its own chain or not."""

    fed: tuple = ()

    def open(self, prompt, rules):
        self.fed = ()
        return super().open(prompt, rules)

    def extend(self, batch):
        ((session, nodes),) = batch
        seen = tuple((slot, 1.0) for slot in self.fed)
        self.fed += tuple(node.slot for node in nodes)
        super().extend([(session, [replace(node, weights=node.weights + seen) for node in nodes])])


@dataclass
class ForgetsHistory(Wrapped):
    """Ignores what a node inherits."""

    def extend(self, batch):
        super().extend(
            [(session, [replace(node, inherits=()) for node in nodes]) for session, nodes in batch]
        )


@dataclass
class MovesPositions(Wrapped):
    """Gives the model other positions than those asked for."""

    moved: object = None

    def extend(self, batch):
        super().extend(
            [
                (session, [replace(node, position=self.moved(node.position)) for node in nodes])
                for session, nodes in batch
            ]
        )


@dataclass
class BreaksDown(Wrapped):
    """Gives NaN from some reading on."""

    healthy: int = 0

    def propose(self, batch):
        if self.healthy == 0:
            return [Proposal(finite=False) for _ in batch]
        self.healthy -= 1
        return super().propose(batch)
