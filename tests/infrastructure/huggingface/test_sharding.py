"""Which models are split over processes, and what is said of the others."""

import pytest
from transformers import BloomConfig, LlamaConfig

from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.huggingface.sharding import sharding


def shape(**sizes):
    return LlamaConfig(
        **{"num_attention_heads": 8, "num_key_value_heads": 4, "intermediate_size": 96} | sizes
    )


def refusal(config, processes):
    with pytest.raises(UnsupportedModelError) as error:
        sharding(config, processes, "a model")
    return str(error.value)


def test_a_model_is_split_by_transformers_own_plan():
    told = sharding(shape(), 4, "a model")["distributed_config"]
    assert (told.tp_plan, told.tp_size) == ("auto", 4)


@pytest.mark.parametrize(
    ("sizes", "processes", "reason"),
    [
        ({}, 3, "its num_attention_heads is 8, no multiple of 3; take 2, 4 processes"),
        ({}, 8, "its num_key_value_heads is 4, no multiple of 8; take 2, 4 processes"),
        (
            {"intermediate_size": 98},
            4,
            "its intermediate_size is 98, no multiple of 4; take 2 processes",
        ),
        (
            {"hidden_size": 40, "num_attention_heads": 5, "num_key_value_heads": 5},
            2,
            "its num_attention_heads is 5, no multiple of 2; use device_map",
        ),
    ],
)
def test_what_cannot_be_shared_evenly_is_refused(sizes, processes, reason):
    assert refusal(shape(**sizes), processes) == (
        f"a model (llama) cannot be split over {processes} processes: {reason}"
    )


def test_a_kind_without_a_plan_is_refused():
    assert refusal(BloomConfig(), 2) == (
        "a model (bloom) cannot be split over 2 processes: transformers has no plan for its kind; "
        "use device_map, or a quantised one"
    )


def test_quantised_weights_are_refused():
    config = shape()
    config.quantization_config = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    assert "it is quantised by bitsandbytes" in refusal(config, 2)
