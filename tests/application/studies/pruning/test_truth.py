import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.studies.fidelity.enumeration import Enumeration
from tempo.application.studies.pruning.truth import exact_shares, path_count
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.application.studies.fidelity.contexts import path_probabilities
from tests.application.studies.pruning.contexts import END, START
from tests.strategies import seeds

token_sets = st.lists(
    st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True).map(tuple),
    min_size=1,
    max_size=4,
).map(tuple)


def shares(script, sets, start=START):
    backend = ScriptedBackend(script)
    enumeration = Enumeration(backend, backend.open(start, RowRules()), len(start), END)
    enumeration.score([enumeration.product(sets)])
    return exact_shares(enumeration, sets)


def brute_force(script, sets):
    """Each member's share of all paths, every path written down."""
    paths = list(itertools.product(*sets))
    probabilities = path_probabilities(script, START, sets)
    return [
        [
            sum(p for path, p in zip(paths, probabilities, strict=True) if path[step] == token)
            / sum(probabilities)
            for token in members
        ]
        for step, members in enumerate(sets)
    ]


@settings(max_examples=50)
@given(seeds, token_sets)
def test_a_share_is_the_probability_of_the_paths_through_a_candidate(seed, sets):
    script = Script.random(seed, tokens=4, order=3)
    found, expected = shares(script, sets), brute_force(script, sets)
    assert path_count(sets) == len(list(itertools.product(*sets)))
    for exact, members in zip(found, expected, strict=True):
        assert exact == pytest.approx(members)


def test_paths_without_any_probability_have_no_shares():
    script = Script.of({"": {"a": 1.0, "b": 0.0}})
    (found,) = shares(script, ((TokenId(2),),), start=(TokenId(1),))
    assert np.isnan(found).all()
