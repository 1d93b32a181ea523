"""Exit rules: what is refused, what is compared, which layers a share of the depth names."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.early_exit import (
    FRACTIONS,
    NEVER,
    Criterion,
    ExitLayer,
    ExitRule,
    LayerReading,
    layers_at,
)
from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import TokenId

READING = LayerReading(
    layer=3, token=TokenId(7), margin=0.4, entropy=math.log(4), agreeing=2, similarity=0.9
)


@pytest.mark.parametrize(
    ("criterion", "confidence"),
    [("margin", 0.4), ("entropy", 0.25), ("agreement", 2.0), ("similarity", 0.9)],
)
def test_what_a_threshold_is_held_against(criterion, confidence):
    assert Criterion(criterion).confidence(READING) == pytest.approx(confidence)


@pytest.mark.parametrize(
    ("depth", "layers"),
    [(8, (1, 3, 4, 6, 7)), (10, (2, 4, 6, 8, 9)), (28, (5, 11, 16, 22, 26)), (2, (1,)), (1, (1,))],
)
def test_the_documents_shares_of_the_depth(depth, layers):
    assert layers_at(FRACTIONS, depth) == layers


@given(shares=st.lists(st.floats(0.01, 1.0), min_size=1), depth=st.integers(1, 80))
def test_every_share_names_a_layer_that_exists(shares, depth):
    found = layers_at(shares, depth)
    assert found == tuple(sorted(set(found)))
    assert found[0] >= 1
    assert found[-1] <= depth
    assert all(any(max(1.0, share * depth) >= layer - 1e-6 for share in shares) for layer in found)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: ExitRule((ExitLayer(9, 0.5),)).require_within(8),
            "exit layer 9 does not exist; the model has layers 1 to 8",
        ),
        (
            lambda: ExitLayer(0, 0.5),
            "exit layer is 0; it must be 1 or more: so many layers run before",
        ),
        (
            lambda: ExitLayer(2, math.nan),
            "the threshold of exit layer 2 is nan; give a number",
        ),
        (
            lambda: ExitRule((ExitLayer(2, 0.5), ExitLayer(2, 0.6))),
            "the exit layers are 2, 2; name each once, from the first to the deepest",
        ),
        (
            lambda: layers_at((0.5, 1.2), 8),
            "exit fraction is 1.2; it must be above 0 and at most 1",
        ),
        (lambda: layers_at((0.0,), 8), "exit fraction is 0.0; it must be above 0 and at most 1"),
    ],
)
def test_a_rule_that_cannot_be_is_one_sentence(make, said):
    with pytest.raises(InvalidValueError) as caught:
        make()
    assert str(caught.value) == said


def test_a_rule_skips_layers_only_where_some_row_may_leave_before_the_last():
    assert ExitRule((ExitLayer(7, 0.5),)).skips_layers_of(8)
    assert not ExitRule((ExitLayer(7, NEVER), ExitLayer(8, 0.5))).skips_layers_of(8)
    assert not ExitRule(()).skips_layers_of(8)
