"""What TEMPO cannot honour is refused by name, in one sentence."""

import pytest
import torch
from transformers import DynamicCache, SynthIDTextWatermarkingConfig

from tempo.domain.errors import InvalidValueError
from tests.fakes.streamers import Recorder
from tests.interfaces.transformers_generate.calls import PROMPT, batch, decoded

REFUSED = {
    "num_beams": {"num_beams": 3},
    "num_return_sequences": {"num_return_sequences": 2, "do_sample": True},
    "guidance_scale": {"guidance_scale": 1.5},
    "prompt_lookup_num_tokens": {"prompt_lookup_num_tokens": 3},
    "penalty_alpha": {"penalty_alpha": 0.6, "top_k": 4},
    "dola_layers": {"dola_layers": "high"},
    "constraints": {"constraints": ["some"], "num_beams": 2},
    "remove_invalid_values": {"remove_invalid_values": True},
    "output_scores": {"output_scores": True, "return_dict_in_generate": True},
    "output_logits": {"output_logits": True, "return_dict_in_generate": True},
    "output_attentions": {"output_attentions": True, "return_dict_in_generate": True},
    "output_hidden_states": {"output_hidden_states": True, "return_dict_in_generate": True},
    "watermarking_config": {
        "watermarking_config": SynthIDTextWatermarkingConfig(keys=[3, 5], ngram_len=3)
    },
    "seed": {"seed": 3},
    "n_best": {"n_best": 0},
    "stop": {"stop": "a"},
    "tempo_streamer": {"tempo_streamer": Recorder(), "n_best": 2},
    "tempo_tokenizer": {"tempo_tokenizer": "gpt2"},
    "selection_threshold": {"selection_threshold": 1.5},
    "superposition": {"superposition": "path", "window": 5},
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_named_with_what_to_do(model, name):
    with pytest.raises(InvalidValueError) as refused:
        decoded(model, batch(PROMPT), **REFUSED[name])
    sentence = str(refused.value)
    assert name.removeprefix("tempo_") in sentence
    assert "\n" not in sentence
    assert any(word in sentence for word in ("leave", "must be", "pass", "give", "needs"))


@pytest.mark.parametrize("count", [True, 2.0, "3"])
def test_a_count_of_texts_is_a_whole_number(model, count):
    with pytest.raises(InvalidValueError, match=r"n_best is .*; it must be a whole number"):
        decoded(model, batch(PROMPT), n_best=count)


def test_a_seed_without_a_draw_is_refused_beside_the_best_texts_too(model):
    with pytest.raises(InvalidValueError, match="n_best takes the best texts"):
        decoded(model, batch(PROMPT), n_best=2, do_sample=True, seed=3)


def test_padding_on_the_right_is_refused(model):
    inputs = {
        "input_ids": torch.tensor([[3, 5, 1], [3, 5, 8]]),
        "attention_mask": torch.tensor([[1, 1, 0], [1, 1, 1]]),
    }
    with pytest.raises(InvalidValueError, match="padding_side='left'"):
        decoded(model, inputs)


def test_a_hole_in_the_mask_is_refused(model):
    inputs = batch(PROMPT)
    inputs["attention_mask"][0, 2] = 0
    with pytest.raises(InvalidValueError, match="attention_mask leaves out tokens"):
        decoded(model, inputs)


def test_positions_of_the_callers_own_are_refused(model):
    moved = torch.arange(len(PROMPT))[None] + 3
    with pytest.raises(InvalidValueError, match="position_ids are not 0, 1, 2"):
        decoded(model, batch(PROMPT), position_ids=moved)


def test_a_cache_that_holds_something_is_refused(model):
    cache = DynamicCache(config=model.config)
    model(torch.tensor([[3, 5]]), past_key_values=cache)
    with pytest.raises(InvalidValueError, match="past_key_values holds 2 tokens"):
        decoded(model, batch(PROMPT), past_key_values=cache)


def test_embeddings_without_tokens_are_refused(model):
    embeddings = model.get_input_embeddings()(torch.tensor([PROMPT]))
    with pytest.raises(InvalidValueError, match="inputs_embeds"):
        decoded(model, {"inputs_embeds": embeddings})


def test_what_says_how_and_not_what_is_left_alone(model):
    inputs = batch(PROMPT)
    plain = decoded(model, inputs, threshold=0.05)
    for option in ({"use_cache": False}, {"cache_implementation": "dynamic"}):
        assert torch.equal(decoded(model, inputs, threshold=0.05, **option), plain)


def test_a_streamer_of_several_prompts_is_refused(model):
    with pytest.raises(InvalidValueError, match="streams one text, and there are 2 prompts"):
        decoded(model, batch(PROMPT, [4]), tempo_streamer=Recorder())
