"""Rows along paths, tries in one pass, and views that mix (design sections 2.5 and 4, law 4)."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.passes import (
    FIRST,
    PROMPT,
    Shadow,
    apart,
    chain,
    differ,
    extend,
    fed,
    node,
    opened,
)

DEPTH = 30


def test_rows_on_a_path_are_separate_runs_with_siblings_in_the_cache_down_to_depth_thirty(adapter):
    """Two paths that cross no one, and at every step a sibling that nobody follows."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 10, size=(DEPTH, 3)).tolist()
    worst = []
    with opened(adapter) as session:
        parents = (None, None)
        for depth, (one, other, stray) in enumerate(tokens):
            slot = FIRST + 3 * depth
            found = fed(
                adapter,
                session,
                node(one, slot, parents[0], depth),
                node(stray, slot + 1, parents[0], depth),
                node(other, slot + 2, parents[1], depth),
            )
            parents = (slot, slot + 2)
            texts = [
                (*PROMPT, *(step[column] for step in tokens[: depth + 1])) for column in (0, 1)
            ]
            own = np.stack([adapter.log_probabilities(text) for text in texts])
            worst.append(differ(found[[0, 2]], own))
    assert worst[0] < 1e-4
    assert max(worst) < 1e-3


def test_a_path_through_changing_parents_is_the_text_of_its_chain(adapter):
    """Every step turns the order of the two candidates around."""
    tokens = [(4, 1), (2, 6), (9, 3), (5, 8), (1, 7)]
    chains = [(), ()]
    with opened(adapter) as session:
        parents = (None, None)
        for depth, pair in enumerate(tokens):
            slots = (FIRST + 2 * depth, FIRST + 2 * depth + 1)
            nodes = [
                node(token, slot, parent, depth)
                for token, slot, parent in zip(pair, slots, reversed(parents), strict=True)
            ]
            found = fed(adapter, session, *nodes)
            chains = [(*chains[1 - index], token) for index, token in enumerate(pair)]
            parents = slots
    assert differ(found, apart(adapter, *((*PROMPT, *path) for path in chains))) < 1e-4


def test_two_candidates_may_follow_one_parent(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        found = fed(adapter, session, node(2, 7, 6, 1), node(9, 8, 6, 1), node(2, 9, 5, 1))
    texts = ((*PROMPT, 1, 2), (*PROMPT, 1, 9), (*PROMPT, 4, 2))
    assert differ(found, apart(adapter, *texts)) < 1e-4


def test_a_whole_path_in_one_pass_is_teacher_forcing(adapter):
    tokens = (4, 1, 9, 6, 2, 2, 8)
    with opened(adapter) as session:
        found = fed(adapter, session, *chain(tokens))
    texts = [(*PROMPT, *tokens[: depth + 1]) for depth in range(len(tokens))]
    alone = np.stack([adapter.log_probabilities(text) for text in texts])
    assert differ(found, alone) < 1e-4


def test_a_trie_goes_on_from_the_rows_of_the_pass_before(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        found = fed(adapter, session, node(2, 7, 5, 1), node(9, 8, 7, 2), node(3, 9, 6, 1))
    texts = ((*PROMPT, 4, 2), (*PROMPT, 4, 2, 9), (*PROMPT, 1, 3))
    assert differ(found, apart(adapter, *texts)) < 1e-4


@st.composite
def tries(draw, largest=12):
    """Parents of a random trie's nodes, parents first; -1 is the prompt."""
    size = draw(st.integers(2, largest))
    parents = [draw(st.integers(-1, index - 1)) for index in range(size)]
    tokens = draw(st.lists(st.integers(1, 9), min_size=size, max_size=size))
    return parents, tokens


@settings(max_examples=12)
@given(trie=tries())
def test_a_trie_in_one_pass_is_its_levels_one_after_another_and_teacher_forcing(adapter, trie):
    parents, tokens = trie
    depths = [0] * len(parents)
    texts = [()] * len(parents)
    for index, parent in enumerate(parents):
        depths[index] = 0 if parent < 0 else depths[parent] + 1
        texts[index] = (*(texts[parent] if parent >= 0 else PROMPT), tokens[index])
    nodes = [
        node(token, FIRST + index, None if parent < 0 else FIRST + parent, depths[index])
        for index, (token, parent) in enumerate(zip(tokens, parents, strict=True))
    ]
    with opened(adapter) as session:
        at_once = fed(adapter, session, *nodes)
    by_level = np.empty_like(at_once)
    slots = {}
    with opened(adapter) as session:
        next_slot = FIRST
        for level in range(max(depths) + 1):
            members = [index for index, depth in enumerate(depths) if depth == level]
            for offset, index in enumerate(members):
                slots[index] = next_slot + offset
            by_level[members] = fed(
                adapter,
                session,
                *(node(tokens[i], slots[i], slots.get(parents[i]), level) for i in members),
            )
            next_slot += len(members)
    alone = np.stack([adapter.log_probabilities(text) for text in texts])
    assert differ(at_once, by_level) < 1e-4
    assert differ(at_once, alone) < 1e-4


def test_inheriting_from_several_parents_mixes_what_they_saw(adapter):
    """Mixed views equal the same weights, written out one by one."""
    base = [node(4, 5), node(1, 6), node(9, 7)]
    middle = [
        node(2, 8, 5, 1, inherits=[(5, 0.75), (6, 0.25)]),
        node(3, 9, 6, 1, inherits=[(6, 0.5), (7, 0.5)]),
    ]
    mixed = node(6, 10, 8, 2, inherits=[(8, 0.6), (9, 0.4)])
    written = node(
        6,
        10,
        8,
        2,
        inherits=(),
        weights=[(5, 0.6 * 0.75), (6, 0.6 * 0.25 + 0.4 * 0.5), (7, 0.4 * 0.5), (8, 0.6), (9, 0.4)],
    )
    with opened(adapter) as session, opened(adapter) as explicit:
        for one in (session, explicit):
            extend(adapter, one, *base)
            extend(adapter, one, *middle)
        found = fed(adapter, session, mixed)
        expected = fed(adapter, explicit, written)
    assert differ(found, expected) < 1e-4


def test_views_mix_alike_when_the_parents_are_of_the_same_pass(adapter):
    nodes = [
        node(4, 5),
        node(1, 6),
        node(2, 7, 5, 1, inherits=[(5, 0.75), (6, 0.25)]),
        node(3, 8, 6, 1, inherits=[(5, 0.5), (6, 0.5)]),
        node(6, 9, 7, 2, inherits=[(7, 0.6), (8, 0.4)]),
    ]
    with opened(adapter) as session, opened(adapter) as stepwise:
        at_once = fed(adapter, session, *nodes)
        extend(adapter, stepwise, *nodes[:2])
        extend(adapter, stepwise, *nodes[2:4])
        last = fed(adapter, stepwise, nodes[4])
    assert differ(at_once[4:], last) < 1e-4


def test_a_weight_between_none_and_all_gives_a_row_between_none_and_all(adapter):
    """The weight matters: a row that sees a slot at 0.3 is neither of the extremes."""
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        start = session.mark()
        found = {}
        for weight in (0.0, 0.3, 1.0):
            found[weight] = fed(adapter, session, node(2, 7, 5, 1, weights=[(5, 1.0), (6, weight)]))
            session.rewind(start)
    assert differ(found[0.3], found[0.0]) > 0.01
    assert differ(found[0.3], found[1.0]) > 0.01
    assert differ(found[0.0], apart(adapter, (*PROMPT, 4, 2))) < 1e-4


def test_weights_override_what_was_inherited(adapter):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        found = fed(adapter, session, node(2, 7, 5, 1, weights=[(5, 0.0), (6, 1.0)]))
    assert differ(found, apart(adapter, (*PROMPT, 1, 2))) < 1e-4


def test_a_node_sees_itself_though_a_weight_says_otherwise(adapter):
    with opened(adapter) as session:
        found = fed(adapter, session, node(4, 5, weights=[(5, 0.0)]))
    assert differ(found, apart(adapter, (*PROMPT, 4))) < 1e-4


def test_identical_candidates_that_share_a_weight_count_as_one(adapter):
    """Law 5, at the port: two copies at 0.35 each weigh what one does at 0.7."""
    with opened(adapter) as session, opened(adapter) as split:
        extend(adapter, session, node(4, 5), node(1, 6))
        extend(adapter, split, node(4, 5), node(1, 6), node(4, 7))
        whole = fed(adapter, session, node(2, 8, 5, 1, inherits=(), weights=[(5, 0.7), (6, 0.3)]))
        halves = fed(
            adapter,
            split,
            node(2, 8, 5, 1, inherits=(), weights=[(5, 0.35), (6, 0.3), (7, 0.35)]),
        )
    assert differ(whole, halves) < 1e-4


@settings(max_examples=12)
@given(data=st.data())
def test_with_the_cache_equals_without_it_each_row_as_it_was_born(adapter, data):
    """Law 6: soft weights, mixed parents, several widths; then all of it anew in one pass."""
    shadow = Shadow()
    shares = st.floats(0.05, 1.0)
    with opened(adapter) as session:
        for depth in range(data.draw(st.integers(2, 4))):
            before = sorted(shadow.views)
            nodes = []
            for _ in range(data.draw(st.integers(1, 3))):
                parents = (
                    data.draw(st.lists(st.sampled_from(before), min_size=1, unique=True))
                    if before
                    else []
                )
                raw = [data.draw(shares) for _ in parents]
                seen = (
                    data.draw(st.lists(st.sampled_from(sorted(shadow.nodes)), unique=True))
                    if (shadow.nodes)
                    else []
                )
                nodes.append(
                    node(
                        data.draw(st.integers(1, 9)),
                        shadow.next_slot + len(nodes),
                        parents[0] if parents else None,
                        depth,
                        inherits=[
                            (p, share / sum(raw)) for p, share in zip(parents, raw, strict=True)
                        ],
                        weights=[(slot, data.draw(shares)) for slot in seen],
                    )
                )
            found = fed(adapter, session, *nodes)
            shadow.extend(nodes)
        assert differ(found, shadow.recomputed(adapter)[0]) < 1e-4
