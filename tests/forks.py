"""Two runs from one chain, one of them from what another run left; what they must agree on."""

from dataclasses import replace

import numpy as np

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.retained import Forking
from tempo.domain.commitment import committed_chain
from tempo.domain.stopping import Stopping

TOLERANCE = 1e-4
NO_END = Stopping(stop_mass=1.0)


def finished(backend, tokenizer, request, beginning=None, clustering=None):
    """A run that was made to be forked, at its end."""
    run = Generate(backend, tokenizer, clustering).start(request, Forking(beginning))
    for _ in run.events():
        pass
    return run


def both_ways(backend, tokenizer, state, request, clustering=None):
    """The run that goes on from a state, and the one whose prompt is read anew."""
    forked = finished(backend, tokenizer, request, state.begin(request), clustering)
    return forked, Generate(backend, tokenizer, clustering).run(request)


def forked_at(lattice, request, step, token, more=2):
    """The request that goes on from a token for some steps more."""
    chain = committed_chain(lattice, step, token)
    return replace(request, committed=chain, max_steps=len(chain) + more)


def agree(one, two):
    """Same decisions and numbers within the tolerance, up to a decision that was closer than it.

    Returns how many steps were compared.
    """
    assert len(one.steps) == len(two.steps) or any(map(close, one.steps))
    for number, (mine, other) in enumerate(zip(one.steps, two.steps, strict=False)):
        tokens = [member.token_id for member in mine.token_set.members]
        if tokens != [member.token_id for member in other.token_set.members]:
            assert close(mine), f"step {number} differs, and no decision was close"
            return number
        near(mine.transitions, other.transitions)
        near(mine.plain_transitions, other.plain_transitions)
        for a, b in zip(mine.token_set.members, other.token_set.members, strict=True):
            near(a.score, b.score, 1 + number)
            near(np.log(a.probability), np.log(b.probability))
    return len(one.steps)


def near(one, other, steps=1):
    assert np.allclose(one, other, rtol=0, atol=TOLERANCE * steps), (one, other)


def close(step):
    """Whether two neighbouring candidates, or one and the threshold, are nearly alike."""
    logs = np.log([max(one.probability, 1e-30) for one in step.candidates])
    ties = np.abs(np.diff(np.sort(logs))) < TOLERANCE
    return bool(ties.any()) or bool((np.abs(np.exp(logs) - step.threshold) < TOLERANCE).any())
