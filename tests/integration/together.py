"""What one of several processes does for test_tensor_parallel.py: `python together.py FOLDER OUT`.

The first compares each model that all of them hold with the same one of its own and writes what it
found; the others are the script's `tempo.load` alone.
"""

import json
import sys
from pathlib import Path

import numpy as np

import tempo
from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.errors import TempoError
from tempo.domain.node import Node
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot, TokenId

PROMPT = "Once upon a time there was a"
STEPS = 8
MODES = {
    "lineage": {},
    "path": {"superposition": "path"},
    "uniform": {"superposition": "uniform"},
    "posterior pruning": {"use_retroactive_pruning": True},
    "attention pruning": {"use_retroactive_pruning": True, "attention_threshold": 0.02},
    "coherence": {"pruning_strategy": "coherence"},
    "diversity": {"pruning_strategy": "diversity"},
    "search": {"use_mcts": True, "mcts_simulations": 6, "selection_threshold": 0.003},
}
DECODED = ("llama transformers", "qwen3 fused")
EVERYTHING = Capture((LayerWeights(), LayerWeights(last=1)), context=True, hidden=True)
RECEIVED = Capture((LayerWeights(), LayerWeights(last=1)))


def compared(folder, family, backend):
    """Return how far a model that two processes hold is from the same one in this process."""
    name = str(Path(folder) / family)
    two = tempo.load(name, backend=backend, tensor_parallel="auto")
    one = tempo.load(name, backend=backend)
    prompt = one.container.tokenizer().encode(PROMPT)
    laws = two.container.law_check().run(prompt)
    found = {
        "described alike": two.description == one.description,
        "laws": {report.number: report.difference for report in laws},
        **rows(two, one, prompt),
    }
    return found | (runs(two, one) if f"{family} {backend}" in DECODED else {})


def runs(two, one):
    """Return how runs compare, and what is refused."""
    return {
        "modes": {mode: texts(two, one, named) for mode, named in MODES.items()},
        "many": many(two, one),
        "layers": refused(two.observe),
        "exits": refused(two.container.plain_model),
    }


def rows(two, one, prompt):
    """Compare logits, attention, traits and likeness of two passes."""
    first, second = (opened(engine, prompt, EVERYTHING) for engine in (two, one))
    summed, alone = (opened(engine, prompt, RECEIVED) for engine in (two, one))
    slots, shares = range(len(prompt) + 5), (0.5, 0.3, 0.2)
    heads = [layer.keys.shape[1] for layer in caches(first.here)]
    found = {
        "heads of the cache": heads,
        "heads of all": [layer.keys.shape[1] for layer in caches(second)],
        "logits": gap(first.here._now.rows.logits, second._now.rows.logits),
        "attention": gap(first.received(slots, shares), second.received(slots, shares)),
        "attention by sums": gap(summed.received(slots, shares), alone.received(slots, shares)),
        "largest attention": gap(first.traits().attention, second.traits().attention),
        "focus": gap(first.traits().focus, second.traits().focus),
        "distances": gap(first.traits().distances, second.traits().distances),
        "likeness": gap(first.similarity([1, 2], prompt), second.similarity([1, 2], prompt)),
    }
    for session in (first, second, summed, alone):
        session.close()
    return found


def opened(engine, prompt, capture):
    """Open a session, feed two siblings, and three rows that see both."""
    backend, length = engine.container.backend(), len(prompt)
    session = backend.open(prompt, RowRules(capture=capture))
    siblings = [Node(TokenId(40 + i), length, Slot(length + i)) for i in range(2)]
    parents = ((Slot(length), 0.6), (Slot(length + 1), 0.4))
    later = [
        Node(TokenId(70 + i), length + 1, Slot(length + 2 + i), Slot(length), inherits=parents)
        for i in range(3)
    ]
    backend.extend([(session, siblings)])
    backend.extend([(session, later)])
    return session


def caches(session):
    """Return a session's layers of keys."""
    cache = session._cache
    return cache.row_layers if hasattr(cache, "row_layers") else [Layer(cache.keys[:1])]


class Layer:
    """One of several layers that share their memory."""

    def __init__(self, keys):
        self.keys = keys


def texts(two, one, named):
    """Compare a run's texts, their scores, and its candidates' posteriors."""
    settings = {"max_steps": STEPS, "selection_threshold": 0.0, "max_width": 4, **named}
    ours, theirs = (engine.generate(PROMPT, **settings) for engine in (two, one))
    scores = [[item.log_probability for item in result.n_best(4)] for result in (ours, theirs)]
    lattices = [result.lattice for result in (ours, theirs)]
    posteriors = [np.concatenate(one.posteriors()) for one in lattices]
    return {
        "same": ours.bracketed == theirs.bracketed and ours.raw == theirs.raw,
        "scores": gap(*scores),
        "posteriors": gap(*posteriors),
        "width": max(step.width for step in lattices[1].steps),
    }


def many(two, one):
    """Compare prompts that share passes."""
    prompts = (PROMPT, "Lily and Tom", "The dog")
    ours, theirs = (
        [result.text for result in engine.generate_many(prompts, max_steps=STEPS)]
        for engine in (two, one)
    )
    return ours == theirs


def refused(work):
    """Return the sentence of a refusal."""
    try:
        work()
    except TempoError as error:
        return str(error)
    return ""


def gap(one, other):
    """Return the largest difference, a large one between what is not of one shape."""
    first, second = np.asarray(one), np.asarray(other)
    return float(np.abs(first - second).max()) if first.shape == second.shape else 1e9


def main(folder, out):
    """Write what was found of each model."""
    found = {
        f"{family} {backend}": compared(folder, family, backend)
        for family in ("llama", "qwen3")
        for backend in ("transformers", "fused")
    }
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
