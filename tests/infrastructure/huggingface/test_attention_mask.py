"""What each row sees, as numbers added to attention scores."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.decoding.asking import answered
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.domain.node import Node
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.superposition import Lineage, Marginal, path_superposition
from tempo.infrastructure.huggingface.attention_mask import Views, causal_bias
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.contracts.adapters import served
from tests.fakes.numbered_tokenizer import NumberedTokenizer

CPU = torch.device("cpu")
NOT = -math.inf


def node(slot, inherits=(), weights=()):
    return Node(1, 9, slot, None, tuple(inherits), tuple(weights))


def extended(views, nodes, rows, extent):
    return views.extended(nodes, rows, extent, prompt_length=2)


def literal(views):
    return [[round(weight, 6) for weight in row] for row in views.weights.tolist()]


def test_each_prompt_token_sees_those_up_to_itself():
    assert causal_bias(0, 3, CPU).tolist() == [[[[0, NOT, NOT], [0, 0, NOT], [0, 0, 0]]]]


def test_a_later_chunk_of_the_prompt_sees_the_chunks_before():
    assert causal_bias(2, 2, CPU).tolist() == [[[[0, 0, 0, NOT], [0, 0, 0, 0]]]]


def test_the_prompts_last_row_sees_the_whole_prompt():
    assert literal(Views.of_prompt(3, CPU)) == [[1, 1, 1]]


def test_siblings_see_the_prompt_and_themselves():
    views = extended(Views.of_prompt(2, CPU), [node(2), node(3)], {2: 2, 3: 3}, 4)
    assert literal(views) == [[1, 1, 1, 0], [1, 1, 0, 1]]
    assert views.numbers == {2: 0, 3: 1}


def test_the_bias_is_the_logarithm_of_the_weight():
    views = extended(
        Views.of_prompt(2, CPU), [node(2), node(3, weights=[(2, 0.25)])], {2: 2, 3: 3}, 4
    )
    assert views.bias.shape == (1, 1, 2, 4)
    assert views.bias[0, 0].tolist() == [
        [0, 0, 0, NOT],
        [0, 0, pytest.approx(math.log(0.25)), 0],
    ]


def test_the_bias_is_float_and_never_boolean():
    """sdpa reads a boolean mask as seen or not, eager attention adds it: 1 where seen."""
    views = extended(Views.of_prompt(2, CPU), [node(2)], {2: 2}, 3)
    assert views.bias.dtype == torch.float32
    assert causal_bias(0, 2, CPU).dtype == torch.float32


def test_visible_siblings_see_each_other_whichever_is_fed_first():
    nodes = [node(2, weights=[(3, 1.0)]), node(3, weights=[(2, 1.0)])]
    views = extended(Views.of_prompt(2, CPU), nodes, {2: 2, 3: 3}, 4)
    assert literal(views) == [[1, 1, 1, 1], [1, 1, 1, 1]]


def test_a_child_inherits_its_parents_view_and_the_parent():
    first = extended(Views.of_prompt(2, CPU), [node(2), node(3)], {2: 2, 3: 3}, 4)
    rows = {2: 2, 3: 3, 4: 4, 5: 5}
    second = extended(first, [node(4, [(3, 1.0)]), node(5, [(2, 1.0)])], rows, 6)
    assert literal(second) == [[1, 1, 0, 1, 1, 0], [1, 1, 1, 0, 0, 1]]


def test_a_path_that_goes_on_from_an_older_row_names_what_it_sees():
    first = extended(Views.of_prompt(2, CPU), [node(2), node(3)], {2: 2, 3: 3}, 4)
    rows = {2: 2, 3: 3, 4: 4, 5: 5, 6: 6}
    nodes = [node(4, weights=[(3, 1.0)]), node(5, [(4, 1.0)]), node(6, [(4, 1.0)])]
    trie = extended(first, nodes, rows, 7)
    assert literal(trie) == [
        [1, 1, 0, 1, 1, 0, 0],
        [1, 1, 0, 1, 1, 1, 0],
        [1, 1, 0, 1, 1, 0, 1],
    ]
    mixed = extended(first, [*nodes[:2], node(6, [(4, 0.5), (5, 0.5)])], rows, 7)
    assert literal(mixed)[:2] == literal(trie)[:2]


def test_several_parents_mix_their_views():
    first = extended(Views.of_prompt(2, CPU), [node(2), node(3)], {2: 2, 3: 3}, 4)
    rows = {2: 2, 3: 3, 4: 4}
    mixed = extended(first, [node(4, [(2, 0.75), (3, 0.25)])], rows, 5)
    assert literal(mixed) == [[1, 1, 0.75, 0.25, 1]]


def test_weights_override_what_is_inherited():
    first = extended(Views.of_prompt(2, CPU), [node(2), node(3)], {2: 2, 3: 3}, 4)
    rows = {2: 2, 3: 3, 4: 4}
    views = extended(first, [node(4, [(2, 1.0)], [(2, 0.0), (3, 0.4)])], rows, 5)
    assert literal(views) == [[1, 1, 0, 0.4, 1]]


def test_grandchildren_of_one_pass_inherit_level_by_level():
    nodes = [node(2), node(3), node(4, [(2, 0.5), (3, 0.5)]), node(5, [(4, 1.0)])]
    views = extended(Views.of_prompt(2, CPU), nodes, {2: 2, 3: 3, 4: 4, 5: 5}, 6)
    assert literal(views) == [
        [1, 1, 1, 0, 0, 0],
        [1, 1, 0, 1, 0, 0],
        [1, 1, 0.5, 0.5, 1, 0],
        [1, 1, 0.5, 0.5, 1, 1],
    ]
    assert views.numbers == {2: 0, 3: 1, 4: 2, 5: 3}


def test_slots_are_seen_where_their_cache_rows_are():
    """Slots stand in no order in the cache: here 3 lies in a row that was free."""
    first = extended(Views.of_prompt(2, CPU), [node(2)], {2: 3}, 4)
    views = extended(first, [node(3, [(2, 1.0)])], {2: 3, 3: 2}, 4)
    assert literal(first) == [[1, 1, 0, 1]]
    assert literal(views) == [[1, 1, 1, 1]]


def test_a_row_that_leaves_is_seen_by_nobody():
    views = extended(Views.of_prompt(2, CPU), [node(2), node(3)], {2: 2, 3: 3}, 4)
    left = views.without([3])
    assert literal(left) == [[1, 1, 1, 0], [1, 1, 0, 0]]
    assert literal(views) == [[1, 1, 1, 0], [1, 1, 0, 1]]
    assert left.numbers == {2: 0, 3: 1}


def test_views_follow_rows_that_move():
    views = extended(Views.of_prompt(2, CPU), [node(2), node(3), node(4)], {2: 2, 3: 3, 4: 4}, 5)
    assert literal(views.without([2]).gathered([0, 1, 3, 4])) == [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 1, 0, 1],
    ]


def test_older_views_follow_a_move_of_more_rows_than_they_knew():
    views = Views.of_prompt(3, CPU)
    assert literal(views.gathered([0, 1, 2, 7, 9])) == [[1, 1, 1]]


@pytest.fixture(scope="module")
def llama():
    return served(random_model("llama", 60))


RULES = {
    "lineage": Lineage(sharpness=2.0, soft_steps=2),
    "plain lineage": Lineage(sharpness=1.0, soft_steps=math.inf),
    "path": path_superposition(),
    "marginal": Marginal(),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@settings(max_examples=8)
@given(
    prompt=st.lists(st.integers(1, 59), min_size=1, max_size=6),
    width=st.integers(2, 5),
)
def test_the_weights_of_each_earlier_step_sum_to_one_in_the_adapter(llama, rule, prompt, width):
    """Law 9, where it acts: what a row adds up over the slots of a step is one unit."""
    request = GenerationRequest(
        tuple(prompt),
        selection=Selection(ConstantThreshold(0.02), width, 16),
        superposition=rule,
        barred=(0,),
        release=False,
    )
    run = DecodingRun(llama, NumberedTokenizer(), request)
    for _ in range(7):
        run.advance()
    answered(run._feed(), run._backend)
    weights = run.session._now.views.weights.numpy()
    rows = run.session._rows_of
    assert (weights[:, : len(prompt)] == 1.0).all()
    for step in range(6):
        columns = [rows[slot] for slot in run.layout.slots(step)]
        assert np.abs(weights[:, columns].sum(axis=1) - 1.0).max() < 1e-5
    own = [rows[slot] for slot in run.layout.slots(6)]
    assert (weights[:, own] == np.eye(len(own))).all()
    run.close()
