"""One sequence state of the scripted model.

A row's distribution is the script's, averaged over the histories that the row sees: at each
position one of the visible tokens, drawn by its weight. A row that sees one token a position has
exactly the script's conditional distribution.

For rules that look inside, the model has one layer and one head. What a row attends to is what it
sees: prompt tokens and itself at 1, others at their weights, factors applied, made to sum to 1. Its
hidden state is its distribution; a token's input embedding is one-hot.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from tempo.domain.errors import SessionError
from tempo.domain.tokens import Slot
from tempo.infrastructure.reading.attention_questions import (
    check_context,
    check_received,
    check_traits,
)
from tempo.infrastructure.reading.attenuation import with_factors
from tempo.infrastructure.reading.extraction import Rows, read
from tempo.infrastructure.reading.processors import logits_processors
from tempo.infrastructure.scripted import attention

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tempo.domain.node import Node
    from tempo.domain.ports.attention_source import RowTraits
    from tempo.domain.proposal import FloatArray, Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.scripted.attention import View
    from tempo.infrastructure.scripted.script import Script


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """All that a session knows; sessions replace it and never change it."""

    next_slot: Slot
    tokens: Mapping[Slot, tuple[TokenId, int]]  # of slots in the cache: token and position
    views: Mapping[Slot, View] = field(default_factory=dict)  # of the last pass
    paths: Mapping[Slot, tuple[TokenId, ...]] = field(default_factory=dict)
    rows: tuple[FloatArray, ...] = ()  # [v] probabilities
    shares: Mapping[Slot, View] = field(default_factory=dict)  # attention of the last pass
    factors: Mapping[Slot, float] = field(default_factory=dict)


class ScriptedSession:
    """One sequence state of a scripted model."""

    def __init__(
        self, script: Script, prompt: Sequence[TokenId], rules: RowRules, context: int
    ) -> None:
        """Start after a prompt."""
        self._script = script
        self._prompt = tuple(prompt)
        self._rules = rules
        self._context = context
        self._open = True
        self._layers = [entry.of(1) for entry in rules.capture.received]
        last = Slot(len(prompt) - 1)
        self._now = _Moment(
            next_slot=Slot(len(prompt)),
            tokens={},
            paths={last: self._prompt},
            rows=(script.next(self._prompt),),
            shares={last: attention.shares({}, len(prompt))},
        )

    @property
    def cache_rows(self) -> int:
        """How many tokens are held, the prompt among them."""
        return len(self._prompt) + len(self._moment().tokens)

    def _moment(self) -> _Moment:
        if not self._open:
            message = "this session is closed; open another"
            raise SessionError(message)
        return self._now

    def release(self, slots: Sequence[Slot]) -> None:
        """Take slots out of every view."""
        now, gone = self._moment(), set(slots)
        self._require_known(slots)
        self._now = replace(
            now,
            tokens={slot: kept for slot, kept in now.tokens.items() if slot not in gone},
            views={
                own: {slot: weight for slot, weight in view.items() if slot not in gone}
                for own, view in now.views.items()
            },
        )

    def _require_known(self, slots: Sequence[Slot]) -> None:
        unknown = sorted(set(slots) - self._now.tokens.keys())
        if unknown or len(set(slots)) < len(slots):
            message = f"slots {unknown or list(slots)} are not in the cache"
            raise SessionError(message)

    def attenuate(self, slots: Sequence[Slot], factors: Sequence[float]) -> None:
        """Let later rows see slots at so much of their weight."""
        now = self._moment()
        self._now = replace(now, factors=with_factors(now.factors, slots, factors, now.tokens))

    def mark(self) -> _Moment:
        """Return the present moment."""
        return self._moment()

    def rewind(self, mark: _Moment) -> None:
        """Go back to a moment."""
        now = self._moment()
        if any(now.tokens.get(slot) is not token for slot, token in mark.tokens.items()):
            message = "the mark has expired: slots that it holds were released since"
            raise SessionError(message)
        self._now = mark

    def fork(self) -> Self:
        """Return an equal session."""
        self._moment()
        twin = type(self)(self._script, self._prompt, self._rules, self._context)
        twin._now = self._now  # noqa: SLF001 - its own class
        return twin

    def branch(self, prompt: _Moment, slots: Sequence[Slot]) -> Self:
        """Return a session of its own behind the prompt, with some later slots."""
        tokens = self._moment().tokens
        self._require_known(slots)
        if prompt.views:
            message = "the mark is of a later pass; branch from the mark of the prompt"
            raise SessionError(message)
        twin, length = self.fork(), len(self._prompt)
        twin._now = replace(  # noqa: SLF001 - its own class
            prompt,
            next_slot=Slot(length + len(slots)),
            tokens={Slot(length + index): tokens[slot] for index, slot in enumerate(slots)},
            factors={},
        )
        return twin

    def close(self) -> None:
        """Close the session."""
        self._open = False

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session."""
        self.close()

    def extend(self, nodes: Sequence[Node]) -> None:
        """Feed nodes."""
        now = self._moment()
        if not nodes:
            message = "a pass without nodes was asked for; feed at least one"
            raise SessionError(message)
        tokens, next_slot, known = dict(now.tokens), now.next_slot, set(now.views)
        for node in nodes:
            if node.slot < next_slot:
                message = f"slot {node.slot} was named before; the next one is {next_slot}"
                raise SessionError(message)
            if node.position >= self._context:
                message = f"position {node.position} is past the context of {self._context}"
                raise SessionError(message)
            if node.parent is not None and node.parent not in known:
                message = f"slot {node.parent} is not in the last pass; it can be no parent"
                raise SessionError(message)
            known.add(node.slot)
            tokens[node.slot] = (node.token_id, node.position)
            next_slot = Slot(node.slot + 1)
        views, paths = dict(now.views), dict(now.paths)
        for node in nodes:
            views[node.slot] = self._view(node, views, tokens)
            parent = Slot(len(self._prompt) - 1) if node.parent is None else node.parent
            paths[node.slot] = (*paths.get(parent, self._prompt), node.token_id)
        fresh = [node.slot for node in nodes]
        seen = {
            own: {slot: weight * now.factors.get(slot, 1.0) for slot, weight in views[own].items()}
            for own in fresh
        }
        self._now = _Moment(
            next_slot=next_slot,
            tokens=tokens,
            views={slot: views[slot] for slot in fresh},
            paths={slot: paths[slot] for slot in fresh},
            rows=tuple(self._row(seen[slot], tokens) for slot in fresh),
            shares={slot: attention.shares(seen[slot], len(self._prompt)) for slot in fresh},
            factors=now.factors,
        )

    def _view(
        self,
        node: Node,
        views: Mapping[Slot, View],
        tokens: Mapping[Slot, tuple[TokenId, int]],
    ) -> View:
        view: View = {}
        for parent, share in node.inherits:
            if parent not in views:
                message = f"slot {parent} is not in the last pass"
                raise SessionError(message)
            for slot, weight in views[parent].items():
                view[slot] = view.get(slot, 0.0) + share * weight
        for slot, weight in node.weights:
            if slot not in tokens:
                message = f"slot {slot} is not in the cache"
                raise SessionError(message)
            view[slot] = weight
        view[node.slot] = 1.0
        return view

    def _row(self, view: View, tokens: Mapping[Slot, tuple[TokenId, int]]) -> FloatArray:
        """Return [v] the script's answer, averaged over the histories seen."""
        positions: dict[int, list[tuple[TokenId, float]]] = {}
        for slot, weight in view.items():
            if weight > 0.0 and slot in tokens:
                token, position = tokens[slot]
                positions.setdefault(position, []).append((token, weight))
        steps = [positions[position] for position in sorted(positions)][-self._script.order :]
        missing = max(0, self._script.order - len(steps))
        start = self._prompt[len(self._prompt) - missing :] if missing else ()
        row = np.zeros(len(self._script.vocabulary))
        for history, share in _histories(steps):
            row += share * self._script.next((*start, *history))
        return row

    def propose(self, reading: Reading) -> Proposal:
        """Read the rows of the last pass."""
        now = self._moment()
        with np.errstate(divide="ignore"):
            logits = torch.from_numpy(np.log(np.stack(now.rows)))
        paths = tuple(np.array(path) for path in now.paths.values())
        return read(Rows(logits, paths), reading, logits_processors(self._rules))

    def received(self, slots: Sequence[Slot], weights: Sequence[float]) -> FloatArray:
        """Return [entries, slots] what the last pass's rows gave each slot."""
        now, prompt = self._moment(), range(len(self._prompt))
        unknown = [slot for slot in slots if slot not in prompt and slot not in now.tokens]
        check_received(self._rules.capture, unknown, weights, len(now.rows))
        given = [
            sum(
                w * view.get(slot, 0.0)
                for w, view in zip(weights, now.shares.values(), strict=True)
            )
            for slot in slots
        ]
        return np.array([given] * len(self._layers))

    def traits(self) -> RowTraits:
        """Return what was captured of the last pass's rows."""
        now = self._moment()
        check_traits(self._rules.capture)
        return attention.traits(self._rules.capture, now.shares, now.rows)

    def similarity(self, tokens: Sequence[TokenId], context: Sequence[TokenId]) -> FloatArray:
        """Return [tokens] the cosine of one-hot tokens and the context's mean."""
        self._moment()
        check_context(context)
        return attention.similarity(tokens, context)


def _histories(
    steps: Sequence[Sequence[tuple[TokenId, float]]],
) -> Iterator[tuple[tuple[TokenId, ...], float]]:
    """Yield every choice of one token a step with its share."""
    if not steps:
        yield (), 1.0
        return
    *earlier, last = steps
    total = sum(weight for _, weight in last)
    for history, share in _histories(earlier):
        for token, weight in last:
            yield (*history, token), share * weight / total
