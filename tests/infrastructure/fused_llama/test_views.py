"""What rows see of the rows after the prompt, released ones left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.node import Node
from tempo.infrastructure.fused_llama.views import HostViews

PROMPT = 3
WIDTH = 4


def node(slot, inherits, weights=()):
    return Node(1, PROMPT, slot, inherits[0][0] if inherits else None, inherits, weights)


@st.composite
def views(draw):
    """Draw what three rows see of four; row r has slot 10 + r."""
    share = st.sampled_from([0.0, 0.25, 1.0])
    weights = np.array([[draw(share) for _ in range(WIDTH)] for _ in range(3)], dtype=np.float32)
    return HostViews(PROMPT, weights, {10: 0, 11: 1, 12: 2})


inherited = st.lists(
    st.tuples(st.sampled_from([10, 11, 12]), st.sampled_from([0.25, 0.5, 1.0])),
    max_size=3,
    unique_by=lambda one: one[0],
).map(tuple)


@given(views(), st.sets(st.integers(0, WIDTH - 1)), inherited, inherited)
def test_rows_see_what_those_they_go_on_from_saw_but_for_what_was_released(
    before, released, first, second
):
    left = before.without([PROMPT + column for column in sorted(released)])
    rows = {20: PROMPT + WIDTH, 21: PROMPT + WIDTH + 1}
    found = left.extended([node(20, first), node(21, second)], rows, PROMPT + WIDTH + 2)
    for row, inherits in enumerate((first, second)):
        seen = sum((share * before.weights[slot - 10] for slot, share in inherits), np.zeros(WIDTH))
        seen[list(released)] = 0.0
        own = [float(row == 0), float(row == 1)]
        assert found.weights[row] == pytest.approx([*seen, *own])


@given(views(), st.sets(st.integers(0, WIDTH - 1)), st.sets(st.integers(0, WIDTH - 1)))
def test_what_was_released_in_turns_is_seen_no_more(before, first, second):
    left = before
    for released in (first, second - first):
        left = left.without([PROMPT + column for column in released])
    expected = before.weights.copy()
    expected[:, list(first | second)] = 0.0
    assert left.factored({}, {}) == pytest.approx(expected)
    kept = [0, 1, 2, *(PROMPT + column for column in range(WIDTH) if column not in first | second)]
    staying = [column for column in range(WIDTH) if column not in first | second]
    assert left.gathered(kept).weights == pytest.approx(before.weights[:, staying])


def test_a_released_row_that_is_used_again_is_seen_by_whoever_it_belongs_to():
    before = HostViews(PROMPT, np.ones((3, WIDTH), dtype=np.float32), {10: 0, 11: 1, 12: 2})
    left = before.without([PROMPT + 1])
    found = left.extended([node(20, ((10, 1.0),))], {20: PROMPT + 1}, PROMPT + WIDTH)
    assert found.weights.tolist() == [[1.0] * WIDTH]
