"""What every model whose window is managed from outside must do."""

import numpy as np
import pytest

from tempo.application.studies.consolidation.update import HebbianUpdate, MemoryBank
from tempo.domain.errors import InvalidValueError, SessionError
from tempo.infrastructure.consolidation.llama_model import LlamaModel
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.fakes.consolidating_model import EchoingModel

TOKENS = np.array([[3, 5, 8, 7, 2, 9], [1, 4, 6, 6, 3, 8]])
ASKED = np.tile(np.arange(12), (2, 6, 1))
UPDATE = HebbianUpdate(alpha=0.5)


@pytest.fixture(scope="module", params=["llama", "the fake"])
def model(request):
    if request.param == "llama":
        return LlamaModel(random_model("llama", 12, seed=1))
    return EchoingModel()


def fed(state, first, last):
    return state.feed(TOKENS[:, first:last], ASKED[:, first:last])


def test_a_row_gives_attention_to_what_it_sees_and_to_no_later_row(model):
    state = model.open((0, 1), None, None)
    fed(state, 0, 2)
    received = fed(state, 2, 5).received
    assert received.shape == (2, 3, 5)
    np.testing.assert_allclose(received.sum(axis=2), 1, atol=1e-5)
    assert (np.triu(np.ones((3, 3)), 1) * received[:, :, 2:] == 0).all()


def test_rows_one_at_a_time_are_rows_together(model):
    apart = model.open((0, 1), None, None)
    single = [fed(apart, at, at + 1).asked for at in range(6)]
    together = fed(model.open((0, 1), None, None), 0, 6)
    np.testing.assert_allclose(np.concatenate(single, axis=1), together.asked, atol=1e-5)
    assert together.best.shape == (2,)
    assert together.entropy.shape == (2, 6)


def test_a_token_that_left_changes_the_next_row_and_a_bank_brings_it_back(model):
    found = {}
    for name, bank in (("gone", None), ("banked", MemoryBank(None)), ("there", None)):
        state = model.open((0, 1), None, bank)
        fed(state, 0, 5)
        if name != "there":
            state.evict(np.array([[2], [3]]), np.zeros((2, 1)))
        found[name] = fed(state, 5, 6)
    np.testing.assert_allclose(found["banked"].asked, found["there"].asked, atol=1e-5)
    assert np.abs(found["gone"].asked - found["there"].asked).max() > 1e-3
    assert found["banked"].received.shape == (2, 1, 5)
    assert (found["banked"].received.sum(axis=2) < 0.999).all()


def test_an_update_changes_the_next_row_until_it_is_taken_back(model):
    found = {}
    for name, update in (("updated", UPDATE), ("reversed", UPDATE), ("none", None)):
        state = model.open((0, 1), update, None)
        fed(state, 0, 5)
        state.evict(np.array([[2], [3]]), np.array([[4.0], [5.0]]))
        assert (state.changed() > 0).tolist() == [update is not None] * 2
        if name == "reversed":
            state.reverse(1)
            assert state.changed().tolist() == [0, 0]
        found[name] = fed(state, 5, 6).asked
    np.testing.assert_allclose(found["reversed"], found["none"], atol=1e-6)
    assert np.abs(found["updated"] - found["none"]).max() > 1e-3


def test_what_is_not_there_is_refused(model):
    state = model.open((0, 1), UPDATE, None)
    fed(state, 0, 3)
    with pytest.raises(SessionError, match="not live, or one twice"):
        state.evict(np.array([[3], [0]]), np.zeros((2, 1)))
    with pytest.raises(SessionError, match="1 updates cannot be taken back; 0 tokens have left"):
        state.reverse(1)
    with pytest.raises(InvalidValueError, match="layer 2 does not exist; this model has the"):
        model.open((0,), HebbianUpdate(alpha=1, layers=(2,)), None)
