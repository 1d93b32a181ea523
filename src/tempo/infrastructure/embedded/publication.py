"""Writing a trained network and its tokenizer as a folder that Transformers loads."""

from pathlib import Path
from typing import Final

from tokenizers import Tokenizer
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from .network import NORM_EPSILON, ROTARY_BASE, Network, Shape
from .tokenizer_training import wrap_tokenizer

SHARD_SIZE: Final = "14MB"


def write_model(network: Network, tokenizer: Tokenizer, folder: Path) -> None:
    """Save bfloat16 weights in shards, the configurations and the tokenizer."""
    end_of_text = tokenizer.encode("").ids[0]
    model = LlamaForCausalLM(llama_config(network.shape, end_of_text)).bfloat16()
    weights = {f"model.{name}": weight.cpu() for name, weight in network.state_dict().items()}
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    model.load_state_dict(weights)
    model.generation_config = GenerationConfig(
        bos_token_id=end_of_text, eos_token_id=end_of_text, pad_token_id=end_of_text
    )
    model.save_pretrained(folder, max_shard_size=SHARD_SIZE)
    wrap_tokenizer(tokenizer).save_pretrained(folder)


def llama_config(shape: Shape, end_of_text: int) -> LlamaConfig:
    """Describe a network's shape in the terms of Transformers."""
    return LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=shape.head_width,
        max_position_embeddings=shape.context,
        rms_norm_eps=NORM_EPSILON,
        rope_parameters={"rope_type": "default", "rope_theta": ROTARY_BASE},
        tie_word_embeddings=True,
        attention_dropout=0.0,
        bos_token_id=end_of_text,
        eos_token_id=end_of_text,
        pad_token_id=end_of_text,
        dtype="bfloat16",
    )
