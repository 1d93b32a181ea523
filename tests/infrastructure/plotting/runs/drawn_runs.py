"""Runs to draw: of any length, width and text."""

from dataclasses import replace

import numpy as np

from tempo.application.records.record import Provenance, record_of
from tempo.application.records.run_view import RunView
from tempo.domain.lattice import Lattice
from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.tokens import CandidateState, TokenId
from tests.strategies import candidate, lattice_step


def run_of(*texts, name="run", prompt=None, settings=None, decisions=(), **step_fields):
    """A run with a step for each list of texts; all transitions are alike."""
    steps, before = [], 1
    for number, members in enumerate(texts):
        width = len(members)
        made = [
            candidate(rank, text.encode(), probability=0.9 / width, posterior=1.0 / width)
            for rank, text in enumerate(members)
        ]
        low = candidate(width, b"low", CandidateState.BELOW_THRESHOLD, probability=0.01)
        rows = np.full((before, width), -np.log(width))
        steps.append(replace(lattice_step(number, made, rows, others=[low]), **step_fields))
        before = width
    lattice = Lattice((TokenId(1),), tuple(steps), tuple(decisions))
    known = Provenance(prompt=prompt, settings=settings)
    return RunView(name, record_of(lattice, (0,) * len(texts), known))


def long_run(steps, width=1, **fields):
    return run_of(*[[f" word{index}" for index in range(width)]] * steps, **fields)


def judged(step, token, rule="attention", effect=Effect.PRUNED, score=0.01):
    return PruningDecision(step, TokenId(token), rule, score, 0.02, step + 1, effect, 0.1)
