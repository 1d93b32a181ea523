import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.studies.fidelity.enumeration import Enumeration
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.application.studies.fidelity.contexts import brute_force, path_probabilities
from tests.fakes.backends import BreaksDown, CountingBackend
from tests.strategies import seeds

START = (TokenId(2), TokenId(1))
END = (TokenId(0),)
TOKENS = 4

token_sets = st.lists(
    st.lists(st.integers(1, TOKENS), min_size=1, max_size=3, unique=True).map(tuple),
    min_size=1,
    max_size=3,
).map(tuple)
largest_passes = st.sampled_from([1, 2, 3, 7, 512])


def opened(script, backend=None, **options):
    backend = backend or ScriptedBackend(script)
    session = backend.open(START, RowRules())
    return Enumeration(backend, session, len(START), END, **options)


@settings(max_examples=30)
@given(seeds, st.lists(token_sets, min_size=1, max_size=3), largest_passes)
def test_mixtures_equal_brute_force_however_the_trie_is_cut(seed, products, largest):
    script = Script.random(seed, tokens=TOKENS, order=3)
    enumeration = opened(script, largest_pass=largest)
    found = enumeration.mixtures([enumeration.product(sets) for sets in products])
    for sets, mixture in zip(products, found, strict=True):
        assert mixture == pytest.approx(brute_force(script, START, sets), abs=1e-9)
        nodes = enumeration.product(sets)
        plain = path_probabilities(script, START, sets, barred=False)
        assert np.exp(enumeration.scores(nodes)) == pytest.approx(plain)
        barred = path_probabilities(script, START, sets)
        assert np.exp(enumeration.log_weights(nodes)) == pytest.approx(barred)


@settings(max_examples=30)
@given(seeds, token_sets)
def test_a_second_question_is_answered_as_the_first_and_scores_stay(seed, sets):
    script = Script.random(seed, tokens=TOKENS, order=2)
    enumeration = opened(script, largest_pass=3)
    nodes = enumeration.product(sets)
    (first,) = enumeration.mixtures([nodes])
    scores = enumeration.scores(nodes).copy()
    (again,) = enumeration.mixtures([nodes])
    assert again == pytest.approx(first, abs=1e-12)
    assert (enumeration.scores(nodes) == scores).all()


@settings(max_examples=30)
@given(seeds, st.lists(token_sets, min_size=1, max_size=3), largest_passes)
def test_paths_can_be_scored_without_feeding_their_own_rows(seed, products, largest):
    script = Script.random(seed, tokens=TOKENS, order=3)
    backend = CountingBackend(ScriptedBackend(script))
    enumeration = opened(script, backend, largest_pass=largest)
    enumeration.score([enumeration.product(sets) for sets in products])
    for sets in products:
        scored = np.exp(enumeration.log_weights(enumeration.product(sets)))
        assert scored == pytest.approx(path_probabilities(script, START, sets))
    beginnings = {
        path[:length]
        for sets in products
        for path in itertools.product(*sets)
        for length in range(1, len(path))
    }
    if largest > len(beginnings):
        assert backend.nodes == len(beginnings)


@settings(max_examples=30)
@given(token_sets, token_sets)
def test_paths_of_all_products_go_through_once_where_a_pass_holds_them(one, other):
    script = Script.random(3, tokens=TOKENS, order=2)
    backend = CountingBackend(ScriptedBackend(script))
    enumeration = opened(script, backend)
    enumeration.mixtures([enumeration.product(one), enumeration.product(other)])
    beginnings = {
        path[:length]
        for sets in (one, other)
        for path in itertools.product(*sets)
        for length in range(1, len(path) + 1)
    }
    assert (backend.opened, backend.passes, backend.nodes) == (1, 1, len(beginnings))


@settings(max_examples=30)
@given(token_sets, st.sampled_from([4, 5, 9]))
def test_no_pass_is_larger_than_the_bound(sets, largest):
    sizes = []

    class Measuring(CountingBackend):
        def extend(self, batch):
            sizes.extend(len(nodes) for _, nodes in batch)
            super().extend(batch)

    script = Script.random(3, tokens=TOKENS, order=2)
    enumeration = opened(script, Measuring(ScriptedBackend(script)), largest_pass=largest)
    enumeration.mixtures([enumeration.product(sets)])
    assert max(sizes) <= largest


def test_paths_stand_in_the_order_of_the_product():
    enumeration = opened(Script.random(0, tokens=TOKENS))
    assert enumeration.product(((1, 2), (3, 4))).tolist() == [2, 3, 4, 5]
    assert enumeration.product(((2,), (4,))).tolist() == [5]


def test_paths_without_any_probability_give_an_undefined_mixture():
    script = Script.of({"": {"a": 1.0, "b": 0.0}})
    enumeration = opened(script)
    (mixture,) = enumeration.mixtures([enumeration.product(((TokenId(2),),))])
    assert np.isnan(mixture).all()


def test_a_model_that_breaks_down_is_told():
    script = Script.random(0, tokens=TOKENS)
    enumeration = opened(script, BreaksDown(ScriptedBackend(script), healthy=1))
    nodes = enumeration.product(((1, 2), (3,)))
    with pytest.raises(NonFiniteLogitsError):
        enumeration.mixtures([nodes])
