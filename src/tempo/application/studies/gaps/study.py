"""The use-case: put a gap behind a prompt, of positions or of rows, and see what is said there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tempo.application.studies.curves.cells import Cell, PromptFigures
from tempo.application.studies.fidelity.distances import divergence
from tempo.application.studies.gaps.plan import (
    BOTH,
    LAYOUT,
    ONE_PASS,
    POSITION,
    SEQUENCE,
    UNMASKED,
)
from tempo.application.studies.keeping import each
from tempo.domain.activations import Part, Watch, Where, pattern
from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.text import decoded
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.curves.cells import Layout
    from tempo.application.studies.gaps.gapped_reading import UnmaskedReading
    from tempo.application.studies.gaps.plan import GapsPlan
    from tempo.application.studies.keeping import Kept
    from tempo.domain.ports.activation_source import ActivationSource
    from tempo.domain.ports.model_backend import DecodingSession, Mark, ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

LEAST = 1e-300
"""Stands for a probability of 0 in a logarithm."""


class Behind(NamedTuple):
    """What was said behind a gap: [tokens, vocab], and the attention to the prompt."""

    said: FloatArray
    attention: float


class GapsStudy:
    """Measure gaps of positions and of rows, under an explicit mask."""

    def __init__(
        self,
        plan: GapsPlan,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        activations: ActivationSource,
        unmasked: UnmaskedReading,
    ) -> None:
        """Work over a model whose layers can be looked at.

        Raises:
            InvalidValueError: for a gap that the model has no room for.
        """
        plan.require_room(backend.description.context)
        self._plan = plan
        self._backend = backend
        self._tokenizer = tokenizer
        self._activations = activations
        self._unmasked = unmasked

    @property
    def layout(self) -> Layout:
        """What is shown."""
        return LAYOUT

    def contexts(
        self, texts: Sequence[str], kept: Kept[PromptFigures] | None = None
    ) -> Iterator[PromptFigures]:
        """Measure one prompt after another, but those that are kept."""
        return each(len(texts), lambda number: self._measured(number, texts[number]), kept)

    def _measured(self, number: int, text: str) -> PromptFigures:
        prompt = self._tokenizer.encode(text)[: self._plan.prompt]
        figures: dict[Cell, float] = {}
        with self._backend.open(prompt, RowRules()) as session:
            gapped = GappedPrompt(self._backend, self._activations, session, prompt)
            follows = gapped.greedy(self._plan.tokens)
            plain = gapped.read(follows, 0).said
            together = gapped.one_pass(follows[0], self._plan.gaps)
            for place, gap in enumerate(self._plan.gaps):
                ways = {POSITION: gapped.read(follows, gap)}
                with gapped.rows_between(gap):
                    ways |= {SEQUENCE: gapped.read(follows, 0), BOTH: gapped.read(follows, gap)}
                for way, behind in ways.items():
                    figures |= _figures(plain, behind.said, follows, (way, gap))
                    figures[Cell("attention", way, gap)] = behind.attention
                naive = self._naive(prompt, follows, gap)
                figures |= _figures(plain, naive, follows, (UNMASKED, gap))
                own = np.log(np.maximum(ways[POSITION].said[0], LEAST))
                difference = np.abs(np.log(np.maximum(together[place], LEAST)) - own)
                figures[Cell("one_pass", ONE_PASS, gap)] = float(difference.max())
        read = decoded(b"".join(map(self._tokenizer.content, prompt)))
        return PromptFigures(number, read, figures)

    def _naive(
        self, prompt: tuple[TokenId, ...], follows: Sequence[TokenId], gap: int
    ) -> FloatArray:
        """Return what transformers' own forward says behind a gap, given no mask."""
        first = len(prompt) + gap
        positions = [*range(len(prompt)), *range(first, first + len(follows))]
        return self._unmasked.read((*prompt, *follows), positions)[len(prompt) :]


class GappedPrompt:
    """A prompt in a session, and passes behind it."""

    def __init__(
        self,
        backend: ModelBackend,
        activations: ActivationSource,
        session: DecodingSession,
        prompt: tuple[TokenId, ...],
    ) -> None:
        """Go back to the prompt's end after each pass."""
        self._backend = backend
        self._activations = activations
        self._session = session
        self._prompt = prompt
        self._start: Mark = session.mark()
        self._rows_between = 0

    def greedy(self, count: int) -> tuple[TokenId, ...]:
        """Return the model's own most probable continuation."""
        found: list[TokenId] = []
        asked = Reading(weights=(1.0,), considered=1)
        for place in range(count):
            (answer,) = self._backend.propose([(self._session, asked)])
            found.append(answer.token_ids[0])
            self._backend.extend([(self._session, [self._chained(found[-1], place)])])
        self._session.rewind(self._start)
        return tuple(found)

    @contextmanager
    def rows_between(self, rows: int) -> Iterator[None]:
        """Have so many rows of the cache, which nothing sees, behind the prompt meanwhile."""
        length, before = len(self._prompt), self._start
        if rows:
            unseen = [
                Node(self._prompt[place % length], length, Slot(length + place))
                for place in range(rows)
            ]
            self._backend.extend([(self._session, unseen)])
        self._start, self._rows_between = self._session.mark(), rows
        try:
            yield
        finally:
            self._start, self._rows_between = before, 0
            self._session.rewind(before)

    def read(self, follows: Sequence[TokenId], positions: int) -> Behind:
        """Return what is said behind a gap of so many positions."""
        length = len(self._prompt)
        chain = [self._chained(token, place, positions) for place, token in enumerate(follows)]
        layers = tuple(range(self._activations.shape.layers))
        every = Where(layers, frozenset(range(positions, positions + len(follows))))
        with self._activations.observing(Watch(every, frozenset({Part.ATTENTION}))) as seen:
            self._backend.extend([(self._session, chain)])
        said = self._rows(len(chain))
        first = seen.passes[0]
        shares = [float(first[pattern(layer)][:, 0, :length].sum(-1).mean()) for layer in layers]
        self._session.rewind(self._start)
        return Behind(said, float(np.mean(shares)))

    def one_pass(self, token: TokenId, gaps: Sequence[int]) -> FloatArray:
        """Return [gaps, vocab] what is said behind a token at several positions, fed together."""
        length = len(self._prompt)
        nodes = [Node(token, length + gap, Slot(length + place)) for place, gap in enumerate(gaps)]
        self._backend.extend([(self._session, nodes)])
        said = self._rows(len(nodes))
        self._session.rewind(self._start)
        return said

    def _chained(self, token: TokenId, place: int, positions: int = 0) -> Node:
        """Return the token at a place of a chain that sees the prompt and the chain alone."""
        length = len(self._prompt)
        slot = Slot(length + self._rows_between + place)
        before = Slot(slot - 1)
        at = length + positions + place
        if not place:
            return Node(token, at, slot)
        return Node(token, at, slot, before, ((before, 1.0),))

    def _rows(self, count: int) -> FloatArray:
        """Return [rows, vocab] what each row of the last pass says."""
        mixtures = tuple(tuple(np.eye(count)[row].tolist()) for row in range(count))
        (answer,) = self._backend.propose([(self._session, Reading(mixtures=mixtures))])
        return answer.mixtures


def _figures(
    plain: FloatArray, said: FloatArray, follows: Sequence[TokenId], where: tuple[str, int]
) -> dict[Cell, float]:
    """Return how far [tokens, vocab] is from what is said without a gap."""
    way, gap = where
    logs = np.log(np.maximum(said, LEAST))
    kl = [
        divergence(one / one.sum(), row - np.logaddexp.reduce(row))
        for one, row in zip(plain, logs, strict=True)
    ]
    same = plain.argmax(axis=1) == said.argmax(axis=1)
    own = [-float(row[token]) for row, token in zip(logs, follows[1:], strict=False)]
    return {
        Cell("kl", way, gap): float(np.mean(kl)),
        Cell("agreement", way, gap): float(same.mean()),
        Cell("surprise", way, gap): float(np.mean(own)),
    }
