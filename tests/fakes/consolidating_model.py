"""A model that says again what it sees: half of its probability is spread over live tokens."""

import numpy as np

from tempo.application.studies.consolidation.consolidating_model import Fed
from tempo.domain.errors import SessionError

VOCABULARY = 512


class EchoingModel:
    """Each live token weighs 1, one in the bank 1, one whose update stays its update's weight."""

    layers = 2

    def __init__(self, context=1024):
        self.context = context
        self.opened = 0

    def open(self, documents, update, bank):
        if update is not None:
            update.layers_of(self.layers)
        self.opened += 1
        return EchoingState(len(documents), update, bank)


class EchoingState:
    def __init__(self, documents, update, bank):
        self.update, self.bank = update, bank
        self.live = [[] for _ in range(documents)]  # (position, token)
        self.banked = [[] for _ in range(documents)]
        self.terms = [[] for _ in range(documents)]  # (token, weight)
        self.fed = 0

    def feed(self, tokens, asked):
        rows = tokens.shape[1]
        scores, entropies, given = [], [], []
        for document, new in enumerate(tokens.tolist()):
            live = self.live[document]
            before = len(live)
            live += [(self.fed + at, token) for at, token in enumerate(new)]
            seen = [before + at + 1 for at in range(rows)]
            found = np.stack([self._probabilities(document, count) for count in seen])
            scores.append(np.log(found))
            entropies.append(-(found * np.log(found)).sum(axis=1))
            banked = len(self._retrieved(document))
            given.append([[1 / (banked + n)] * n + [0.0] * (len(live) - n) for n in seen])
        self.fed += rows
        scores = np.array(scores)
        return Fed(
            asked=np.take_along_axis(scores, asked, axis=2),
            best=scores[:, -1, 1:].argmax(axis=1) + 1,  # a text goes on
            entropy=np.array(entropies),
            received=np.array(given),
        )

    def evict(self, positions, weights):
        for document, (leaving, row) in enumerate(zip(positions.tolist(), weights, strict=True)):
            known = dict(self.live[document])
            if len(set(leaving)) < len(leaving) or not set(leaving) <= set(known):
                message = "a position that is not live, or one twice, is to be evicted"
                raise SessionError(message)
            for position, weight in zip(leaving, row.tolist(), strict=True):
                self.terms[document].append((known[position], weight))
                self.banked[document].append(known[position])
            self.live[document] = [one for one in self.live[document] if one[0] not in leaving]

    def reverse(self, count):
        if not 0 <= count <= len(self.terms[0]):
            message = f"{count} updates cannot be taken back; {len(self.terms[0])} tokens have left"
            raise SessionError(message)
        self.terms = [terms[: len(terms) - count] for terms in self.terms]

    def changed(self):
        if self.update is None:
            return np.zeros(len(self.live))
        return np.array([sum(abs(weight) for _, weight in terms) for terms in self.terms])

    def _retrieved(self, document):
        if self.bank is None:
            return []
        banked = self.banked[document]
        return banked if self.bank.top_k is None else banked[-self.bank.top_k :]

    def _probabilities(self, document, count):
        weights = np.zeros(VOCABULARY)
        for _, token in self.live[document][:count]:
            weights[token] += 1
        for token in self._retrieved(document):
            weights[token] += 1
        if self.update is not None:
            for token, weight in self.terms[document]:
                weights[token] += weight
        return 0.5 / VOCABULARY + 0.5 * weights / weights.sum()
