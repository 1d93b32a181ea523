"""The laws of a managed window, against transformers' own forward on small random models."""

import copy

import numpy as np
import pytest
import torch
from transformers import DynamicCache

from tempo.application.studies.consolidation.consolidation import Consolidation
from tempo.application.studies.consolidation.eviction import (
    AtRandom,
    ByAttention,
    ByRecency,
    Protection,
)
from tempo.application.studies.consolidation.update import (
    Control,
    HebbianUpdate,
    Matrix,
    MemoryBank,
)
from tempo.application.studies.consolidation.variant import Variant
from tempo.domain.errors import (
    InvalidValueError,
    NonFiniteLogitsError,
    SessionError,
    UnsupportedModelError,
)
from tempo.infrastructure.consolidation.llama_model import LlamaModel, _hide
from tempo.infrastructure.huggingface.random_weights import random_model

VOCABULARY = 40
NONE = np.zeros((2, 0), dtype=np.int64)
ALL = np.tile(np.arange(VOCABULARY), (2, 1, 1))
TOKENS = np.random.default_rng(5).integers(0, VOCABULARY, size=(2, 24))
EVERY = HebbianUpdate(alpha=0.3, matrices=tuple(Matrix))


@pytest.fixture(scope="module")
def plain():
    return random_model("llama", VOCABULARY, "eager", seed=3)


@pytest.fixture(scope="module")
def model(plain):
    return LlamaModel(plain)


def log_probabilities(plain, tokens, mask=None):
    """Of every next token [document, row, vocab], by transformers' own forward."""
    with torch.inference_mode():
        ids = torch.as_tensor(tokens)
        positions = torch.arange(ids.shape[1])[None].expand_as(ids)
        return (
            plain(ids, attention_mask=mask, position_ids=positions, use_cache=False)
            .logits.log_softmax(-1)
            .numpy()
        )


def everything(count):
    return np.repeat(ALL, count, axis=1)


def read(model, variant, tokens=TOKENS, documents=(0, 1)):
    """Log-probabilities [document, row, vocab] of a read under a variant, and the run."""
    run = Consolidation(model, variant, documents)
    rows = variant.rows
    found = [
        run.feed(tokens[:, at : at + rows], everything(rows)[: len(tokens)]).asked
        for at in range(0, tokens.shape[1], rows)
    ]
    return np.concatenate(found, axis=1), run


def variant(window, rows=4, **given):
    return Variant(**{"name": "v", "window": window, "rows": rows, **given})


FREE = Protection(first=2, recent=1)


@pytest.mark.parametrize("family", ["llama", "cogito", "mistral", "qwen2", "qwen3"])
@pytest.mark.parametrize("update", [None, EVERY])
def test_a_window_that_holds_everything_is_the_plain_model(family, update):
    plain = random_model(family, VOCABULARY, seed=4)
    expected = log_probabilities(plain, TOKENS)
    for rows in (1, 4):
        found, run = read(LlamaModel(plain), variant(24, rows, update=update))
        np.testing.assert_allclose(found, expected, atol=2e-5)
        assert run.changed().tolist() == [0, 0]


@pytest.mark.parametrize("eviction", [ByAttention(), ByRecency(), AtRandom(1)])
def test_a_token_that_left_is_one_that_later_rows_do_not_see(plain, model, eviction):
    """Survivors keep their positions: the reference masks, and moves nothing."""
    run = Consolidation(model, variant(9, eviction=eviction, protection=FREE), (0, 1))
    mask = torch.full((2, 1, 24, 24), float("-inf"))
    found = []
    for at in range(0, 24, 4):
        found.append(run.feed(TOKENS[:, at : at + 4], everything(4)).asked)
        for document, positions in enumerate(run.ledger.positions):
            for row in range(at, at + 4):
                mask[document, 0, row, positions[positions <= row]] = 0
    assert run.ledger.positions.shape == (2, 9)
    assert run.ledger.positions[:, :2].tolist() == [[0, 1], [0, 1]]
    expected = log_probabilities(plain, TOKENS, mask)
    np.testing.assert_allclose(np.concatenate(found, axis=1), expected, atol=2e-5)
    assert np.abs(expected - log_probabilities(plain, TOKENS)).max() > 0.1


def test_alpha_0_is_no_update(model):
    for control in Control:
        update = HebbianUpdate(alpha=0.0, matrices=tuple(Matrix), control=control)
        found, run = read(model, variant(9, update=update, protection=FREE))
        expected, _ = read(model, variant(9, protection=FREE))
        np.testing.assert_array_equal(found, expected)
        assert run.changed().tolist() == [0, 0]


def test_attention_received_is_that_of_the_model(plain, model):
    state = model.open((0, 1), None, None)
    state.feed(TOKENS[:, :8], NONE[:, None].repeat(8, axis=1))
    fed = state.feed(TOKENS[:, 8:12], NONE[:, None].repeat(4, axis=1))
    with torch.inference_mode():
        given = plain(torch.as_tensor(TOKENS[:, :12]), output_attentions=True).attentions
    expected = torch.stack(given).mean(dim=(0, 2))[:, 8:]
    np.testing.assert_allclose(fed.received, expected, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 4])
def test_retrieving_everything_is_full_attention(plain, model, rows):
    bank = MemoryBank(None)
    found, run = read(model, variant(9, rows, bank=bank, protection=FREE))
    assert run.ledger.live == 9
    np.testing.assert_allclose(found, log_probabilities(plain, TOKENS), atol=2e-5)
    more, _ = read(model, variant(9, rows, bank=MemoryBank(1000), protection=FREE))
    np.testing.assert_array_equal(more, found)
    less, _ = read(model, variant(9, rows, bank=MemoryBank(2), protection=FREE))
    assert np.abs(less - found).max() > 0.01


def test_each_head_of_a_row_retrieves_those_that_score_highest_with_it():
    """Four in the bank, one live token, two rows: what is hidden is minus infinity."""
    scores = torch.tensor(
        [[[3.0, 1.0, 2.0, 0.0, -9.0, 5.0, 6.0], [0.0, 1.0, 4.0, 5.0, -9.0, 5.0, 6.0]],
         [[0.0, 1.0, 0.5, 2.0, -9.0, 5.0, 6.0], [7.0, 8.0, 6.0, 5.0, -9.0, 5.0, 6.0]]]
    )  # fmt: skip
    _hide(scores, live=3, top_k=2)
    assert torch.isfinite(scores).int().tolist() == [
        [[1, 0, 1, 0, 1, 1, 0], [0, 0, 1, 1, 1, 1, 1]],
        [[0, 1, 0, 1, 1, 1, 0], [1, 1, 0, 0, 1, 1, 1]],
    ]


def test_a_bank_gives_nothing_to_the_importance_of_the_live(model):
    """What goes to the bank is missing from the sum, and no column stands for another."""
    run = Consolidation(model, variant(9, bank=MemoryBank(None), protection=FREE), (0, 1))
    for at in range(0, 24, 4):
        fed = run.feed(TOKENS[:, at : at + 4], NONE[:, None].repeat(4, axis=1))
    assert fed.received.shape == (2, 4, 9)
    assert (fed.received.sum(axis=2) < 0.999).all()
    later = np.triu(np.ones((4, 4), dtype=bool), 1)
    assert (fed.received[:, :, -4:][:, later] == 0).all()


def products(plain, tokens):
    """By layer and matrix, what a projection was fed and gave for each token."""
    found, hooks = {}, []
    for layer, block in enumerate(plain.model.layers):
        for matrix in Matrix:

            def note(_, given, out, key=(layer, matrix)):
                found[key] = (given[0].detach(), out.detach())

            projection = getattr(block.self_attn, f"{matrix}_proj")
            hooks.append(projection.register_forward_hook(note))
    log_probabilities(plain, tokens)
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize("normalised", [True, False])
def test_each_layer_takes_the_outer_product_of_its_own_output_and_input(plain, model, normalised):
    update = HebbianUpdate(alpha=1.0, matrices=tuple(Matrix), normalised=normalised)
    state = model.open((0, 1), update, None)
    state.feed(TOKENS[:, :8], NONE[:, None].repeat(8, axis=1))
    leaving, weights = np.array([[3, 5], [1, 2]]), np.array([[0.5, 2.0], [1.5, -1.0]])
    state.evict(leaving, weights)
    squared, own = np.zeros(2), 0.0
    for (layer, matrix), (fed, given) in products(plain, TOKENS[:, :8]).items():
        for document in (0, 1):
            expected = 0.0
            for position, weight in zip(leaving[document], weights[document], strict=True):
                outer = torch.outer(given[document, position], fed[document, position])
                expected += weight * outer / (outer.norm() if normalised else 1)
            change = state.change(layer, matrix)[document]
            torch.testing.assert_close(change, expected, atol=1e-4, rtol=1e-3)
            squared[document] += float(expected.square().sum())
        own += float(model.weight(layer, matrix).detach().square().sum())
    np.testing.assert_allclose(state.changed(), np.sqrt(squared / own), rtol=1e-4)


def test_later_rows_are_those_of_the_changed_weights(plain, model):
    """Live keys and values stay as they were made; rows that come go through W + dW."""
    state = model.open((0, 1), EVERY, None)
    state.feed(TOKENS[:, :8], NONE[:, None].repeat(8, axis=1))
    state.evict(np.array([[3, 5], [3, 5]]), np.array([[0.5, 2.0], [1.5, 1.0]]))
    found = state.feed(TOKENS[:, 8:9], ALL).asked[:, 0]
    staying = [0, 1, 2, 4, 6, 7]
    for document in (0, 1):
        cache = DynamicCache()
        with torch.inference_mode():
            plain(torch.as_tensor(TOKENS[document : document + 1, :8]), past_key_values=cache)
        changed, survivors = copy.deepcopy(plain), DynamicCache()
        for layer, block in enumerate(changed.model.layers):
            survivors.update(
                cache.layers[layer].keys[:, :, staying],
                cache.layers[layer].values[:, :, staying],
                layer,
            )
            for matrix in Matrix:
                projection = getattr(block.self_attn, f"{matrix}_proj")
                projection.weight.data += state.change(layer, matrix)[document]
        with torch.inference_mode():
            expected = changed(
                torch.as_tensor(TOKENS[document : document + 1, 8:9]),
                position_ids=torch.tensor([[8]]),
                attention_mask=torch.zeros(1, 1, 1, 7),
                past_key_values=survivors,
            ).logits[0, 0]
        np.testing.assert_allclose(found[document], expected.log_softmax(-1), atol=5e-5)


def test_updates_are_taken_back_exactly(model):
    """After any number of updates and their reversal, the next row is that of no update."""
    before = [model.weight(0, matrix).clone() for matrix in Matrix]
    found = {}
    for name, update in (("changed", EVERY), ("plain", None)):
        state = model.open((0, 1), update, None)
        state.feed(TOKENS[:, :8], NONE[:, None].repeat(8, axis=1))
        state.evict(np.array([[3, 5], [1, 2]]), np.array([[0.5, 2.0], [1.5, 1.0]]))
        state.evict(np.array([[6], [6]]), np.array([[3.0], [4.0]]))
        changed = state.changed()
        state.reverse(1)
        assert (state.changed() <= changed).all()
        state.reverse(2)
        assert state.changed().tolist() == [0, 0]
        found[name] = state.feed(TOKENS[:, 8:9], ALL).asked
    np.testing.assert_allclose(found["changed"], found["plain"], atol=1e-6)
    assert all(
        torch.equal(model.weight(0, matrix), one)
        for matrix, one in zip(Matrix, before, strict=True)
    )


def test_taking_back_the_last_update_leaves_those_before(model):
    states = [model.open((0, 1), EVERY, None) for _ in range(2)]
    for state in states:
        state.feed(TOKENS[:, :8], NONE[:, None].repeat(8, axis=1))
        state.evict(np.array([[3], [1]]), np.array([[0.5], [1.5]]))
    states[0].evict(np.array([[6], [6]]), np.array([[3.0], [4.0]]))
    states[0].reverse(1)
    for matrix in Matrix:
        torch.testing.assert_close(
            states[0].change(1, matrix), states[1].change(1, matrix), atol=1e-6, rtol=0
        )


def test_layers_and_matrices_that_are_not_chosen_stay_as_they_are(model):
    update = HebbianUpdate(alpha=1.0, matrices=(Matrix.VALUE,), layers=(1,))
    state = model.open((0, 1), update, None)
    state.feed(TOKENS[:, :8], NONE[:, None].repeat(8, axis=1))
    state.evict(np.array([[3], [1]]), np.array([[0.5], [1.5]]))
    assert float(state.change(1, Matrix.VALUE).norm()) > 0
    for layer, matrix in ((0, Matrix.VALUE), (1, Matrix.KEY), (1, Matrix.OUTPUT)):
        with pytest.raises(KeyError):
            state.change(layer, matrix)


@pytest.mark.parametrize("normalised", [True, False])
def test_random_directions_have_the_norm_of_the_update_each_and_together(model, normalised):
    found = {}
    for control in (Control.NONE, Control.RANDOM):
        update = HebbianUpdate(
            alpha=1.0, matrices=(Matrix.KEY, Matrix.OUTPUT), control=control, normalised=normalised
        )
        state = model.open((0, 1), update, None)
        state.feed(TOKENS[:, :8], NONE[:, None].repeat(8, axis=1))
        state.evict(np.array([[3], [1]]), np.array([[0.5], [1.5]]))
        first = state.change(1, Matrix.KEY)
        state.evict(np.array([[4, 5], [4, 5]]), np.array([[2.0, 1.0], [1.0, 3.0]]))
        found[control] = (first, state.change(1, Matrix.KEY), state.change(0, Matrix.OUTPUT))
    for own, drawn in zip(found[Control.NONE], found[Control.RANDOM], strict=True):
        torch.testing.assert_close(own.norm(dim=(1, 2)), drawn.norm(dim=(1, 2)))
        assert float((own * drawn).sum().abs() / own.square().sum()) < 0.3
        assert not torch.equal(drawn[0].abs(), drawn[1].abs())


@pytest.mark.parametrize("control", list(Control))
def test_a_document_does_not_depend_on_what_else_is_read(model, control):
    update = HebbianUpdate(alpha=0.2, control=control, seed=4)
    chosen = variant(9, update=update, eviction=AtRandom(2), protection=FREE)
    together, _ = read(model, chosen, documents=(8, 9))
    alone, _ = read(model, chosen, TOKENS[1:], documents=(9,))
    np.testing.assert_allclose(alone, together[1:], atol=2e-5)


def test_writing_goes_on_with_the_most_probable_token(plain, model):
    written, entropies = Consolidation(model, variant(24), (0, 1)).write(TOKENS[:, :8], 5)
    tokens = TOKENS[:, :8]
    for step in range(5):
        scores = log_probabilities(plain, tokens)[:, -1]
        assert written[:, step].tolist() == scores.argmax(axis=1).tolist()
        np.testing.assert_allclose(
            entropies[:, step], -(np.exp(scores) * scores).sum(axis=1), atol=2e-4
        )
        tokens = np.concatenate([tokens, written[:, step : step + 1]], axis=1)


def test_a_text_is_scored_behind_what_came_before(plain, model):
    scores, _ = Consolidation(model, variant(None), (0, 1)).read(TOKENS)
    expected = log_probabilities(plain, TOKENS)
    for document, place in ((0, 0), (1, 7), (1, 22)):
        token = TOKENS[document, place + 1]
        assert scores[document, place] == pytest.approx(expected[document, place, token], abs=2e-5)
    answered = Consolidation(model, variant(None), (0, 1)).answer(TOKENS, ALL[:, 0, 4:6])
    np.testing.assert_allclose(answered, expected[:, -1, 4:6], atol=2e-5)


def test_what_a_state_does_not_have_is_refused(model):
    state = model.open((0, 1), EVERY, None)
    state.feed(TOKENS[:, :3], NONE[:, None].repeat(3, axis=1))
    for positions in ([[3], [1]], [[1, 1], [0, 1]]):
        with pytest.raises(SessionError, match="not live, or one twice"):
            state.evict(np.array(positions), np.ones(np.shape(positions)))
    with pytest.raises(SessionError, match="1 updates cannot be taken back; 0 tokens have left"):
        state.reverse(1)
    with pytest.raises(InvalidValueError, match="layer 2 does not exist"):
        model.open((0,), HebbianUpdate(alpha=1, layers=(2,)), None)


def test_a_model_that_breaks_down_is_told():
    broken = random_model("llama", VOCABULARY, seed=3)
    broken.model.norm.weight.data[0] = float("nan")
    state = LlamaModel(broken).open((0,), None, None)
    with pytest.raises(NonFiniteLogitsError):
        state.feed(TOKENS[:1, :3], NONE[:1, None].repeat(3, axis=1))


@pytest.mark.parametrize("family", ["gemma", "gpt_neox"])
def test_other_families_are_refused(family):
    with pytest.raises(UnsupportedModelError, match=r"does not know this .* its family is none of"):
        LlamaModel(random_model(family, VOCABULARY))


def test_layers_with_a_window_of_their_own_are_refused():
    windowed = random_model("mistral", VOCABULARY)
    windowed.config.sliding_window = 16
    with pytest.raises(UnsupportedModelError, match="its layers have a window of their own"):
        LlamaModel(windowed)
