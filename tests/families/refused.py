"""Small models of kinds that cannot honour shared positions."""

import transformers as hf

SMALL = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 64,
    "initializer_range": 0.2,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": None,
}
TINY_GPT = {"vocab_size": 50, "n_embd": 16, "n_layer": 1, "n_head": 2} | dict.fromkeys(
    ("bos_token_id", "eos_token_id"), 0
)
ROTARY = {"rotary_dim": 4, "n_positions": 32, "initializer_range": 0.2}


def causal(config, **options):
    return hf.AutoModelForCausalLM.from_config(config, **options).eval()


def gpt2():
    return causal(hf.GPT2Config(**TINY_GPT, n_positions=32))


def bloom():
    return causal(hf.BloomConfig(vocab_size=50, hidden_size=16, n_layer=1, n_head=2))


def falcon(**positions):
    return causal(
        hf.FalconConfig(
            vocab_size=50,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            **positions,
        )
    )


def mamba():
    return causal(hf.MambaConfig(vocab_size=50, hidden_size=16, num_hidden_layers=1, state_size=4))


def hybrid():
    return causal(hf.Lfm2Config(**SMALL, layer_types=["conv", "full_attention"]))


def linear():
    return causal(hf.Qwen3NextConfig(**SMALL, head_dim=16))


def chunked():
    return causal(
        hf.Llama4TextConfig(
            **SMALL,
            head_dim=16,
            intermediate_size_mlp=32,
            num_local_experts=2,
            attention_chunk_size=8,
        )
    )


def t5():
    sizes = {"vocab_size": 50, "d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1}
    return hf.T5ForConditionalGeneration(hf.T5Config(**sizes, num_heads=2)).eval()


def t5_gemma():
    """An encoder whose decoder, looked at by itself, has rotary positions."""
    sizes = SMALL | {"head_dim": 16}
    return hf.T5GemmaForConditionalGeneration(
        hf.T5GemmaConfig(encoder=sizes, decoder=sizes | {"cross_attention_hidden_size": 32})
    ).eval()


MODELS = {
    "GPT-2: learned positions": gpt2,
    "BLOOM: ALiBi": bloom,
    "Falcon with ALiBi": lambda: falcon(alibi=True),
    "Mamba: a state-space model": mamba,
    "LFM2: convolutions among its layers": hybrid,
    "Qwen3-Next: linear attention": linear,
    "Llama 4: attention in chunks": chunked,
    "T5: an encoder": t5,
    "T5Gemma: an encoder before a rotary decoder": t5_gemma,
}
