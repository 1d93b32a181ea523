"""Small models drawn at random."""

import pytest
import torch

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.huggingface.random_weights import FAMILIES, random_model


def weights(model):
    return torch.cat([parameter.flatten() for parameter in model.parameters()])


@pytest.mark.parametrize("family", FAMILIES)
def test_one_seed_gives_one_model(family):
    assert torch.equal(weights(random_model(family, 40)), weights(random_model(family, 40)))


def test_another_seed_gives_another_model():
    one, other = random_model("llama", 40, seed=1), random_model("llama", 40, seed=2)
    assert not torch.equal(weights(one), weights(other))


def test_the_worlds_random_numbers_go_on_as_if_nothing_had_been_drawn():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    random_model("llama", 40, seed=9)
    assert torch.equal(torch.rand(3), expected)


def test_the_worlds_random_numbers_go_on_also_after_a_refusal():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with pytest.raises(ValueError, match="nonsense"):
        random_model("llama", 40, attention="nonsense", seed=9)
    assert torch.equal(torch.rand(3), expected)


def test_an_unknown_family_is_refused_with_those_that_there_are():
    with pytest.raises(InvalidValueError) as refused:
        random_model("camel", 40)
    assert str(refused.value) == (
        "there is no family 'camel'; choose one of llama, cogito, mistral, mixtral, qwen2, "
        "qwen3, gemma, gemma2, gemma3, phi3, gpt_neox, olmo2, granite, smollm3"
    )


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_random_model_is_what_was_asked_for(family, attention):
    model = random_model(family, 40, attention, context=300)
    config = model.config
    assert config.model_type.removesuffix("_text") == {"cogito": "llama"}.get(family, family)
    assert config._attn_implementation == ("eager" if family == "gemma2" else attention)
    assert (config.vocab_size, config.max_position_embeddings) == (40, 300)
    assert model.dtype == torch.float32
    assert not model.training


def test_distributions_have_a_shape():
    """The usual small weights would leave all tokens about alike."""
    model = random_model("llama", 40)
    with torch.inference_mode():
        row = model(input_ids=torch.tensor([[3, 1, 4]])).logits[0, -1].softmax(-1)
    assert row.max() > 3 / 40
