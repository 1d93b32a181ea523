import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.errors import InvalidValueError

layer_weights = st.builds(
    LayerWeights, multi_scale=st.booleans(), last=st.none() | st.integers(1, 3)
)
captures = st.builds(
    Capture,
    received=st.lists(layer_weights, max_size=3, unique=True).map(tuple),
    context=st.booleans(),
    hidden=st.booleans(),
)

# Layers -----------------------------------------------------------------------------------------


def test_several_scales_weigh_from_a_fifth_to_all_of_the_last_layers_weight():
    assert LayerWeights().of(5) == pytest.approx(np.array([0.2, 0.4, 0.6, 0.8, 1.0]) / 3.0)


def test_only_the_number_of_last_layers_changes_which_of_them_count():
    weights = [LayerWeights(last=last).of(4) for last in (1, 2, 4)]

    assert weights[0] == pytest.approx([0.0, 0.0, 0.0, 1.0])
    assert weights[1] == pytest.approx([0.0, 0.0, 0.2 / 1.2, 1.0 / 1.2])
    assert weights[2] == pytest.approx(LayerWeights().of(4))


def test_without_several_scales_the_last_three_layers_weigh_alike():
    plain = LayerWeights(multi_scale=False)

    assert plain.of(5) == pytest.approx([0.0, 0.0, 1 / 3, 1 / 3, 1 / 3])
    assert plain.of(2) == pytest.approx([0.5, 0.5])


@given(layer_weights, st.integers(3, 40))
def test_the_weights_are_shares_and_no_later_layer_weighs_less(layers, count):
    weights = layers.of(count)

    assert weights.shape == (count,)
    assert weights.sum() == pytest.approx(1.0)
    assert weights.min() >= 0.0
    assert (np.diff(weights) >= 0.0).all()


def test_more_layers_than_there_are_are_refused():
    with pytest.raises(InvalidValueError, match="num_layers_to_use is 5 and the model has 4 layer"):
        LayerWeights(last=5).of(4)


@pytest.mark.parametrize("last", [0, -1])
def test_no_layer_at_all_is_refused(last):
    with pytest.raises(InvalidValueError, match=f"num_layers_to_use is {last}; it must be 1 or mo"):
        LayerWeights(last=last)


# Captures ---------------------------------------------------------------------------------------


@given(captures, captures)
def test_what_serves_both_takes_down_what_either_does(one, other):
    both = one | other

    assert set(both.received) == {*one.received, *other.received}
    assert both.received[: len(one.received)] == one.received
    assert len(set(both.received)) == len(both.received)
    assert both.context == (one.context or other.context)
    assert both.hidden == (one.hidden or other.hidden)


@given(captures)
def test_asking_twice_or_for_nothing_adds_nothing(capture):
    assert capture | capture == capture
    assert capture | Capture() == capture
    assert Capture() | capture == capture


def test_nothing_is_taken_down_unless_it_is_asked_for():
    assert Capture() == Capture(received=(), context=False, hidden=False)
