"""The loop: a full window lets tokens go before the next ones come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.consolidation.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.consolidation.consolidating_model import (
        ConsolidatingModel,
        Fed,
    )
    from tempo.application.studies.consolidation.ledger import FloatArray, IntArray
    from tempo.application.studies.consolidation.variant import Variant


class Consolidation:
    """Documents read in step under one variant; nothing is shared with another one."""

    def __init__(
        self, model: ConsolidatingModel, variant: Variant, documents: Sequence[int]
    ) -> None:
        """Open a state of these documents, by their numbers."""
        self._variant = variant
        self._state = model.open(documents, variant.update, variant.bank)
        self._ledger = Ledger.empty(documents)
        self._left = np.zeros((len(documents), 0))

    @property
    def ledger(self) -> Ledger:
        """Who is live, and what they have received."""
        return self._ledger

    def changed(self) -> FloatArray:
        """Return [document] the norm of the changes, as a share of that of the changed weights."""
        return self._state.changed()

    def feed(self, tokens: IntArray, asked: IntArray) -> Fed:
        """Make room for some tokens [document, row], read them, and note who received what."""
        self._make_room(tokens.shape[1])
        fed = self._state.feed(tokens, asked)
        self._ledger = self._ledger.received(fed.received, self._variant.decay)
        return fed

    def read(self, tokens: IntArray) -> tuple[FloatArray, FloatArray]:
        """Read whole texts [document, token], some rows a pass.

        Returns:
            [document, token - 1] the log-probability of each token but the first behind those
            before it, and the entropy of the distribution that it is from, both in nats.
        """
        following = np.concatenate([tokens[:, 1:], tokens[:, -1:]], axis=1)[:, :, None]
        rows = self._variant.rows
        found = [
            self.feed(tokens[:, first : first + rows], following[:, first : first + rows])
            for first in range(0, tokens.shape[1], rows)
        ]
        scores = np.concatenate([one.asked[:, :, 0] for one in found], axis=1)
        entropies = np.concatenate([one.entropy for one in found], axis=1)
        return scores[:, :-1], entropies[:, :-1]

    def answer(self, tokens: IntArray, choices: IntArray) -> FloatArray:
        """Read whole texts, and return [document, choice] what each choice would score next."""
        rows = self._variant.rows
        asked = np.repeat(choices[:, None, :], tokens.shape[1], axis=1)
        for first in range(0, tokens.shape[1], rows):
            last = self.feed(tokens[:, first : first + rows], asked[:, first : first + rows])
        return last.asked[:, -1]

    def write(self, prompts: IntArray, count: int) -> tuple[IntArray, FloatArray]:
        """Go on greedily behind prompts [document, token].

        Returns:
            [document, count] the tokens written, and the entropy of what each was chosen from.
        """
        rows = self._variant.rows
        nothing = np.zeros((*prompts.shape, 0), dtype=np.int64)
        for first in range(0, prompts.shape[1], rows):
            fed = self.feed(prompts[:, first : first + rows], nothing[:, first : first + rows])
        written, entropies = [fed.best], [fed.entropy[:, -1]]
        while len(written) < count:
            fed = self.feed(written[-1][:, None], nothing[:, :1])
            written.append(fed.best)
            entropies.append(fed.entropy[:, -1])
        return np.stack(written, axis=1), np.stack(entropies, axis=1)

    def _make_room(self, rows: int) -> None:
        window = self._variant.window
        surplus = 0 if window is None else self._ledger.live + rows - window
        if surplus <= 0:
            return
        ledger, update = self._ledger, self._variant.update
        leaving = self._variant.protection.leaving(ledger, self._variant.eviction, surplus)
        importance = ledger.importance_of(leaving)
        self._left = np.concatenate([self._left, importance], axis=1)
        weights = (
            np.zeros_like(importance)
            if update is None
            else update.weights(ledger.documents, importance, self._left)
        )
        self._state.evict(ledger.positions_of(leaving), weights)
        self._ledger = ledger.without(leaving)
