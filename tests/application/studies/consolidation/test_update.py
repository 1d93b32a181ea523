"""What an update asks for, and what it refuses."""

import numpy as np
import pytest

from tempo.application.studies.consolidation.eviction import Protection
from tempo.application.studies.consolidation.update import (
    Control,
    HebbianUpdate,
    Matrix,
    MemoryBank,
)
from tempo.application.studies.consolidation.variant import Variant
from tempo.domain.errors import InvalidValueError

NOW = np.array([[2.0, 4.0], [1.0, 3.0]])
LEFT = np.array([[7.0, 8.0, 2.0, 4.0], [5.0, 6.0, 1.0, 3.0]])


@pytest.mark.parametrize("control", [Control.NONE, Control.RANDOM])
def test_weights_are_alpha_times_importance(control):
    update = HebbianUpdate(alpha=0.5, control=control)
    assert update.weights((0, 1), NOW, LEFT).tolist() == [[1.0, 2.0], [0.5, 1.5]]


def test_shuffled_weights_are_those_of_tokens_that_left_the_same_document():
    update = HebbianUpdate(alpha=0.5, control=Control.SHUFFLED)
    found = np.stack([update.weights((0, n), NOW, LEFT) for n in range(40)])
    assert set(found[:, 1].ravel()) == {2.5, 3.0, 0.5, 1.5}
    assert (found[:, 0] == found[0, 0]).all()
    alone = update.weights((7,), NOW[1:], LEFT[1:])
    assert alone.tolist() == [found[7, 1].tolist()]


def test_layers_that_do_not_exist_are_refused():
    assert HebbianUpdate(alpha=1).layers_of(3) == (0, 1, 2)
    assert HebbianUpdate(alpha=1, layers=(2, 0, 2)).layers_of(3) == (0, 2)
    for layer in (-1, 3):
        with pytest.raises(InvalidValueError) as refused:
            HebbianUpdate(alpha=1, layers=(1, layer)).layers_of(3)
        assert str(refused.value) == (
            f"layer {layer} does not exist; this model has the layers 0 to 2"
        )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: HebbianUpdate(alpha=float("nan")), "alpha is nan; it must be a finite number"),
        (lambda: HebbianUpdate(alpha=1, matrices=()), "matrices are none; give one or more"),
        (lambda: HebbianUpdate(alpha=1, matrices=(Matrix.KEY,) * 2), "matrices are k, k"),
        (lambda: MemoryBank(0), "top_k is 0; it must be 1 or more"),
        (lambda: Variant(name="v", window=None, rows=0), "rows is 0; it must be 1 or more"),
        (lambda: Variant(name="v", window=9, decay=0.0), "decay is 0.0; it must be above 0"),
        (lambda: Variant(name="v", window=9, decay=1.5), "decay is 1.5; it must be above 0"),
        (
            lambda: Variant(name="v", window=9, protection=Protection(9)),
            "window is 9; it must be at least 10",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(InvalidValueError, match=said):
        call()
