from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.studies.fidelity.baselines import beam
from tempo.application.studies.fidelity.enumeration import Enumeration
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.application.studies.fidelity.contexts import unended
from tests.strategies import seeds

START = (TokenId(1), TokenId(2))


def by_hand(script, sets, widths):
    """The paths that a beam search holds, each with its probability asked one by one."""
    held = [((), 1.0)]
    for members, width in zip(sets, widths, strict=True):
        grown = [
            ((*path, token), score * unended(script, (*START, *path))[token])
            for path, score in held
            for token in members
        ]
        held = sorted(grown, key=lambda scored: -scored[1])[:width]
    return {path for path, _ in held}


@given(
    seeds,
    st.lists(st.sampled_from([(1, 2), (2, 3, 4), (4,), (3, 1)]), min_size=1, max_size=3),
    st.integers(1, 4),
)
@settings(max_examples=30)
def test_a_beam_holds_the_best_distinct_paths_of_each_step(seed, sets, width):
    script = Script.random(seed, tokens=4, order=3)
    backend = ScriptedBackend(script)
    enumeration = Enumeration(backend, backend.open(START, RowRules()), len(START), (TokenId(0),))
    sets = tuple(sets)
    nodes = enumeration.product(sets)
    enumeration.mixtures([nodes])
    widths = [width] * len(sets)
    paths = dict(zip(nodes.tolist(), product(*sets), strict=True))
    found = {paths[node] for node in beam(enumeration, sets, widths).tolist()}
    assert found == by_hand(script, sets, widths)
    assert np.unique(nodes).size == len(paths)
