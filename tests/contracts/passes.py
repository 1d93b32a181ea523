"""The port in few words: nodes, rows, runs of their own, and views computed from scratch."""

from dataclasses import dataclass, field

import numpy as np

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot, TokenId

PROMPT = (3, 5, 8, 2, 7)
"""A prompt that every adapter's vocabulary holds; its slots are 0..4, and the first node has 5."""

FIRST = len(PROMPT)

ATTENTIVE = RowRules(capture=Capture((LayerWeights(), LayerWeights(last=1))))
"""Rules of a session that tells what its rows attend to."""


def opened(adapter, prompt=PROMPT, rules=None):
    return adapter.backend.open([TokenId(token) for token in prompt], rules or RowRules())


def node(token, slot, parent=None, depth=0, *, prompt=PROMPT, inherits=None, weights=()):
    """Return a node `depth` steps after the prompt that sees its parent's path."""
    if inherits is None:
        inherits = () if parent is None else ((parent, 1.0),)
    return Node(
        TokenId(token),
        len(prompt) + depth,
        Slot(slot),
        None if parent is None else Slot(parent),
        tuple((Slot(other), share) for other, share in inherits),
        tuple((Slot(other), weight) for other, weight in weights),
    )


def extend(adapter, session, *nodes):
    adapter.backend.extend([(session, nodes)])


def rows(adapter, session, count):
    """Return [count, v] plain log-probabilities of the last pass's rows."""
    tokens = range(adapter.vocabulary)
    pairs = tuple((row, TokenId(token)) for row in range(count) for token in tokens)
    (proposal,) = adapter.backend.propose([(session, Reading(pairs=pairs))])
    return proposal.pair_scores.reshape(count, -1)


def fed(adapter, session, *nodes):
    """Feed nodes and return their rows."""
    extend(adapter, session, *nodes)
    return rows(adapter, session, len(nodes))


def apart(adapter, *texts):
    """Return the rows of separate runs: each text is a prompt of its own."""
    found = []
    for text in texts:
        with opened(adapter, text) as session:
            found.append(rows(adapter, session, 1)[0])
    return np.stack(found)


def read(adapter, session, **asked):
    (proposal,) = adapter.backend.propose([(session, Reading(**asked))])
    return proposal


def differ(one, other):
    """Return the largest difference between rows of log-probabilities, in nats."""
    return float(np.abs(one - other).max())


def chain(tokens, first=FIRST, prompt=PROMPT):
    """Return the nodes of a path after the prompt, one slot each."""
    return [
        node(
            token,
            first + depth,
            None if depth == 0 else first + depth - 1,
            depth,
            prompt=prompt,
        )
        for depth, token in enumerate(tokens)
    ]


@dataclass
class Shadow:
    """What the port's documentation says that rows see, as plain numbers.

    `born` keeps what each slot's row saw when it was computed, factors applied; `views` are those
    of the last pass, which nodes inherit, without factors and less what was released since.
    """

    prompt: tuple = PROMPT
    nodes: dict = field(default_factory=dict)
    born: dict = field(default_factory=dict)
    views: dict = field(default_factory=dict)
    factors: dict = field(default_factory=dict)
    next_slot: int = FIRST

    def extend(self, nodes):
        known = dict(self.views)
        for one in nodes:
            view = {}
            for parent, share in one.inherits:
                for slot, weight in known[parent].items():
                    view[slot] = view.get(slot, 0.0) + share * weight
            view |= dict(one.weights)
            view[one.slot] = 1.0
            known[one.slot] = view
            self.born[one.slot] = {
                slot: weight * self.factors.get(slot, 1.0) for slot, weight in view.items()
            }
            self.nodes[one.slot] = one
        self.views = {one.slot: known[one.slot] for one in nodes}
        self.next_slot = nodes[-1].slot + 1

    def release(self, slots):
        self.views = {
            own: {slot: weight for slot, weight in view.items() if slot not in slots}
            for own, view in self.views.items()
        }

    def copy(self):
        return Shadow(
            self.prompt,
            dict(self.nodes),
            dict(self.born),
            dict(self.views),
            dict(self.factors),
            self.next_slot,
        )

    def recomputed(self, adapter, slots=()):
        """Return the last pass's rows, all nodes fed anew in one pass, as each was born.

        Also what the rows, of equal weight, gave some slots.
        """
        everything = [
            Node(one.token_id, one.position, slot, None, (), tuple(self.born[slot].items()))
            for slot, one in sorted(self.nodes.items())
        ]
        count = len(self.views)
        weights = [0.0] * (len(everything) - count) + [1.0 / count] * count
        with opened(adapter, self.prompt, ATTENTIVE) as session:
            found = fed(adapter, session, *everything)
            given = session.received(slots, weights)
        return found[-count:], given
