import pytest
import torch

from tempo.infrastructure.huggingface import fingerprint
from tempo.infrastructure.huggingface.fingerprint import model_fingerprint, tokenizer_fingerprint
from tempo.infrastructure.huggingface.loading import load
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.infrastructure.huggingface.tiny_tokenizers import byte_level


def test_a_model_that_is_loaded_twice_is_one_model(tmp_path):
    random_model("llama", 320).save_pretrained(tmp_path)
    byte_level().save_pretrained(tmp_path)
    one, two = (model_fingerprint(load(str(tmp_path)).model) for _ in range(2))
    assert one == two == model_fingerprint(random_model("llama", 320))
    assert len(one) == 64


def test_a_checkpoint_in_its_own_dtype_and_in_float32_is_one_model(tmp_path):
    random_model("llama", 320).to(torch.bfloat16).save_pretrained(tmp_path)
    byte_level().save_pretrained(tmp_path)
    narrow, wide = (load(str(tmp_path), dtype=dtype).model for dtype in ("bfloat16", "float32"))
    assert narrow.dtype != wide.dtype
    assert model_fingerprint(narrow) == model_fingerprint(wide)
    assert model_fingerprint(narrow) != model_fingerprint(random_model("llama", 320))


def test_other_weights_are_another_model():
    assert model_fingerprint(random_model("llama", 40)) != model_fingerprint(
        random_model("llama", 40, seed=1)
    )


@pytest.mark.parametrize("name", [name for name, _ in random_model("qwen3", 40).named_parameters()])
def test_training_any_one_parameter_makes_another_model(name):
    model = random_model("qwen3", 40)
    before = model_fingerprint(model)
    with torch.no_grad():
        model.get_parameter(name).mul_(1.001)
    assert model_fingerprint(model) != before


def test_a_family_is_part_of_it():
    families = ("llama", "mistral", "qwen2")
    assert len({model_fingerprint(random_model(family, 40)) for family in families}) == 3


@pytest.mark.parametrize(
    ("name", "value"), [("rms_norm_eps", 1e-3), ("sliding_window", 7), ("hidden_act", "gelu")]
)
def test_equal_weights_under_another_configuration_are_another_model(name, value):
    one, two = (random_model("mistral", 40) for _ in range(2))
    setattr(two.config, name, value)
    assert model_fingerprint(one) != model_fingerprint(two)


def test_the_layout_in_memory_does_not_matter():
    one, two = (random_model("llama", 40) for _ in range(2))
    for parameter in two.parameters():
        if parameter.dim() == 2:
            parameter.data = parameter.data.t().contiguous().t()
    assert model_fingerprint(one) == model_fingerprint(two)


def test_few_values_are_read_however_large_a_parameter_is():
    sample = fingerprint._sampled(torch.arange(10_000.0).reshape(100, 100))
    assert sample.tolist()[:3] == [0, 158, 317]
    assert (len(sample), sample[-1]) == (fingerprint.SAMPLES, 9999)
    assert fingerprint._sampled(torch.ones(1)).tolist() == [1.0]


def test_weights_that_are_not_there_count_by_name_and_shape():
    with torch.device("meta"):
        model = random_model("llama", 40)
    assert len(model_fingerprint(model)) == 64


def test_a_vocabulary_is_told_from_another():
    one, two = byte_level(), byte_level()
    assert tokenizer_fingerprint(one) == tokenizer_fingerprint(two)
    two.add_tokens(["fox"])
    assert tokenizer_fingerprint(one) != tokenizer_fingerprint(two)
