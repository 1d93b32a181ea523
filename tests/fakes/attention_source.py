"""A session that tells attention and hidden states that were written down."""

import numpy as np

from tempo.domain.errors import SessionError
from tempo.domain.ports.attention_source import RowTraits


class ToldAttention:
    """Tells `traits`, and each token's similarity to any context; takes down what it was asked."""

    def __init__(self, similarity=(), **traits):
        self._traits = RowTraits(**{name: np.array(told) for name, told in traits.items()})
        self._similarity = dict(similarity)
        self.calls = []

    def received(self, slots, weights):
        message = "attention received was not captured"
        raise SessionError(message)

    def traits(self):
        self.calls.append("traits")
        return self._traits

    def similarity(self, tokens, context):
        self.calls.append(("similarity", tuple(tokens), tuple(context)))
        return np.array([self._similarity[token] for token in tokens])
