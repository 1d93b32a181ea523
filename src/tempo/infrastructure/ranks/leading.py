"""The first process's backend: it decides, and has the others repeat what touches the model.

All decisions fall here, so that no clock, key or memory of another process can make it go another
way; what the others compute is their part of each pass, and nothing else. Calls that need no other
process, such as a release, are told along with the next one that does.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from tempo.domain.row_rules import RowRules
from tempo.infrastructure.ranks.telling import Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.node import Node
    from tempo.domain.ports.attention_source import RowTraits
    from tempo.domain.ports.model_backend import ModelBackend, ModelDescription
    from tempo.domain.proposal import FloatArray, Proposal, Reading
    from tempo.domain.tokens import Slot, TokenId
    from tempo.infrastructure.ranks.telling import Telling
    from tempo.infrastructure.sessions.row_session import RowSession

NUMBERS = count()
"""Of sessions and marks, whatever model they are of."""

CHECKED_EVERY = 16
"""Passes after which the others compare their cache with the first process's."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class LedMark:
    """A moment, and the number by which the other processes know theirs."""

    number: int
    here: Any

    @property
    def next_slot(self) -> Slot:
        """The slot that the next node had at this moment."""
        slot: Slot = self.here.next_slot
        return slot


class LeadingSession:
    """A session here, of which every process has one."""

    def __init__(self, here: RowSession[Any, Any], backend: LeadingBackend, number: int) -> None:
        """Lead a session that the others have or are about to be told of."""
        self.here = here
        self.number = number
        self._backend = backend
        self._telling = backend.telling
        self._gone = weakref.finalize(self, self._telling.later, "close", number)
        self._gone.atexit = False

    @property
    def cache_rows(self) -> int:
        """How many physical tokens the cache holds, the prompt among them."""
        return self.here.cache_rows

    def require_open(self) -> None:
        """Refuse what the others could no longer follow: they have closed their session too.

        Raises:
            SessionError: after this one closed.
        """
        _ = self.cache_rows

    def release(self, slots: Sequence[Slot]) -> None:
        """Take slots out of the cache."""
        self.here.release(slots)
        self._telling.later("release", self.number, list(slots))

    def attenuate(self, slots: Sequence[Slot], factors: Sequence[float]) -> None:
        """Let later rows see slots at so much of their weight."""
        self.here.attenuate(slots, factors)
        self._telling.later("attenuate", self.number, list(slots), list(factors))

    def mark(self) -> LedMark:
        """Return the present moment."""
        mark = LedMark(self._backend.new_number(), self.here.mark())
        self._telling.later("mark", self.number, mark.number)
        weakref.finalize(mark, self._telling.later, "unmark", mark.number).atexit = False
        return mark

    def rewind(self, mark: LedMark) -> None:
        """Go back to a moment since which none of its slots was released."""
        self.here.rewind(mark.here)
        self._telling.later("rewind", self.number, mark.number)

    def fork(self) -> Self:
        """Return an equal session with a cache of its own."""
        twin = type(self)(self.here.fork(), self._backend, self._backend.new_number())
        self._telling.later("fork", self.number, twin.number)
        return twin

    def branch(self, prompt: LedMark, slots: Sequence[Slot]) -> Self:
        """Return a session of its own behind the prompt, with the rows of some later slots."""
        branched = self.here.branch(prompt.here, slots)
        twin = type(self)(branched, self._backend, self._backend.new_number())
        self._telling.later("branch", self.number, prompt.number, list(slots), twin.number)
        return twin

    def received(self, slots: Sequence[Slot], weights: Sequence[float]) -> FloatArray:
        """Return [entries, slots] what the last pass's rows gave each slot, over all heads."""
        self.require_open()
        call = Call("received", (self.number, list(slots), list(weights)))
        return self._telling.now(call, lambda: self.here.received(slots, weights))

    def traits(self) -> RowTraits:
        """Return what was captured of the last pass's rows."""
        return self.here.traits()

    def similarity(self, tokens: Sequence[TokenId], context: Sequence[TokenId]) -> FloatArray:
        """Return [tokens] the cosine of input embeddings and the context's mean one."""
        self.require_open()
        call = Call("similarity", (self.number, list(tokens), list(context)))
        return self._telling.now(call, lambda: self.here.similarity(tokens, context))

    def close(self) -> None:
        """Let go of the cache, here and there."""
        self.here.close()
        self._gone()

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        self.close()


class LeadingBackend:
    """The port of a model that several processes hold, in the first of them."""

    def __init__(
        self, backend: ModelBackend, telling: Telling, model: int = 0, processes: int = 2
    ) -> None:
        """Lead with the backend of this process's part of a model, which has a number."""
        self._backend: Any = backend
        self._processes = processes
        self._model = model
        self.telling = telling
        self._passes = 0

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        description: ModelDescription = self._backend.description
        return description

    @property
    def processes(self) -> str:
        """Whose passes they are, and over how many processes, in words."""
        return f"{type(self._backend).__name__} over {self._processes} processes"

    def new_number(self) -> int:
        """Return a number that no session or mark has."""
        return next(NUMBERS)

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> LeadingSession:
        """Start a session: the prompt goes through the model once."""
        number = self.new_number()
        call = Call("open", (self._model, number, list(prompt), _told(rules)))
        here = self.telling.now(call, lambda: self._backend.open(prompt, rules))
        return LeadingSession(here, self, number)

    def extend(self, batch: Sequence[tuple[LeadingSession, Sequence[Node]]]) -> None:
        """Feed each session its nodes."""
        for session, _ in batch:
            session.require_open()
        told = [(session.number, list(nodes)) for session, nodes in batch]
        own = [(session.here, nodes) for session, nodes in batch]
        self.telling.now(Call("extend", (self._model, told)), lambda: self._backend.extend(own))
        self._passes += 1
        if self._passes % CHECKED_EVERY == 0:
            for session, _ in batch:
                self.telling.later("compare", session.number, session.here.digest())

    def propose(self, batch: Sequence[tuple[LeadingSession, Reading]]) -> list[Proposal]:
        """Read the rows of each session's last pass, which every process has in full."""
        found: list[Proposal] = self._backend.propose([(one.here, asked) for one, asked in batch])
        return found


def _told(rules: RowRules) -> RowRules:
    """Return what the others need of rules: what a pass tells of itself. They read no rows."""
    return RowRules(capture=rules.capture)


def backend_name(backend: object) -> str:
    """Return what runs a model, in words."""
    return backend.processes if isinstance(backend, LeadingBackend) else type(backend).__name__
