"""The documents' default model: its exact configuration, its shape in small, its template."""

import torch
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig, LlamaConfig

import tempo
from tempo.infrastructure.fused_llama.architecture import Architecture, refusal
from tempo.infrastructure.huggingface.random_weights import COGITO, random_model
from tempo.infrastructure.huggingface.support import describe
from tests.contracts.adapters import plain_scores
from tests.infrastructure.huggingface.tiny_tokenizers import byte_level

TEMPLATE = (
    "{{ bos_token }}{% for turn in messages %}<|start_header_id|>{{ turn['role'] }}"
    "<|end_header_id|>\n\n{{ turn['content'] }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)


def full_size():
    """The model without its weights, which would take 6.4 GB."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(LlamaConfig(**COGITO), dtype=torch.bfloat16)
    return model.eval()


def test_the_exact_configuration_is_accepted_whole(tmp_path):
    LlamaConfig(**COGITO).save_pretrained(tmp_path)
    read = AutoConfig.from_pretrained(tmp_path)
    assert {name: getattr(read, name) for name in COGITO} == COGITO
    description = describe(full_size(), "cogito")
    assert (description.family, description.context) == ("llama", 131_072)
    assert (description.vocabulary, description.parameters) == (128_256, 3_212_749_824)
    assert description.limits == ()


def test_the_fused_decoder_knows_it():
    model = full_size()
    assert refusal(model) is None
    shape = Architecture.of(model)
    assert (shape.layers, shape.heads, shape.kv_heads, shape.head_dim) == (28, 24, 8, 128)


def test_its_small_twin_has_its_rotations_heads_and_tied_embeddings():
    model = random_model("cogito", 50)
    config = model.config
    assert config.rope_parameters == COGITO["rope_parameters"]
    assert config.num_attention_heads / config.num_key_value_heads == 24 / 8
    assert config.head_dim == COGITO["head_dim"]
    assert model.lm_head.weight is model.model.embed_tokens.weight
    plain = random_model("llama", 50).model.rotary_emb.inv_freq
    scaled = model.model.rotary_emb.inv_freq
    assert scaled.shape == (64,)
    assert scaled[-1] < plain[-1] / 30, "the slowest rotations are 32 times slower"


def saved(folder):
    tokenizer = byte_level(TEMPLATE)
    names = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": names})
    model = random_model("cogito", len(tokenizer), seed=3)
    ends = [tokenizer.eos_token_id, *tokenizer.convert_tokens_to_ids(names[2:])]
    model.generation_config = GenerationConfig(eos_token_id=ends)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return tokenizer, ends, model


def test_its_template_takes_the_deep_thinking_message_and_each_end_token_ends_a_text(tmp_path):
    tokenizer, ends, model = saved(tmp_path)
    engine = tempo.load(tmp_path, device="cpu")
    assert engine.container.tokenizer().end_tokens == set(ends)
    result = engine.generate(
        "Hi", system="Be brief.", enable_thinking=True, max_steps=6, selection_threshold=0.02
    )
    assert tokenizer.decode(result.prompt_ids) == (
        "<|begin|><|start_header_id|>system<|end_header_id|>\n\n"
        "Enable deep thinking subroutine.\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    best, *_ = result.n_best(3)
    exact = plain_scores(model, result.prompt_ids, list(best.token_ids)).sum()
    assert abs(best.log_probability - exact) < 1e-3
