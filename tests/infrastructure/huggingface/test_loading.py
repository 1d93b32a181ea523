"""Models from folders, and what is said when there is none."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from tempo.domain.errors import (
    InvalidValueError,
    MemoryExceededError,
    ModelError,
    ModelNotFoundError,
    UnsupportedModelError,
)
from tempo.infrastructure.huggingface.int8_weights import is_quantised, quantise
from tempo.infrastructure.huggingface.loading import chosen_device, load
from tempo.infrastructure.huggingface.random_weights import FAMILIES, random_model
from tests.infrastructure.huggingface import tiny_tokenizers as tiny

MACHINES_OWN = [
    kind
    for kind, there in {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }.items()
    if there
]


@pytest.fixture(scope="module")
def model():
    return random_model("llama", len(tiny.byte_level()), seed=4)


@pytest.fixture
def folder(tmp_path, model):
    model.save_pretrained(tmp_path)
    tiny.byte_level().save_pretrained(tmp_path)
    return tmp_path


def test_a_folder_gives_its_model_and_its_tokenizer(folder, model):
    loaded = load(str(folder), device="cpu")
    assert loaded.name == str(folder)
    assert torch.equal(loaded.model.lm_head.weight, model.lm_head.weight)
    assert loaded.tokenizer("the fox")["input_ids"] == tiny.byte_level()("the fox")["input_ids"]
    assert not loaded.model.training


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("auto", torch.float32),
        ("float32", torch.float32),
        ("bfloat16", torch.bfloat16),
        ("float16", torch.float16),
    ],
)
def test_the_weights_have_the_dtype_asked_for_and_float32_by_itself_on_a_cpu(
    folder, dtype, expected
):
    assert load(str(folder), device="cpu", dtype=dtype).model.dtype == expected


@pytest.mark.parametrize("family", ["", "llama"])
def test_int8_rounds_what_the_checkpoint_or_the_draw_holds(folder, family):
    exact = load(str(folder), device="cpu", dtype="float32", random_weights=family).model
    quantise(exact)
    found = load(str(folder), device="cpu", dtype="int8", random_weights=family).model
    assert is_quantised(found)
    for one, other in zip(found.parameters(), exact.parameters(), strict=True):
        assert torch.equal(one, other)


def test_int8_is_for_processors(folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(InvalidValueError) as refused:
        load(str(folder), device="cuda", dtype="int8")
    assert str(refused.value) == (
        "dtype int8 is for a processor, not for cuda; use bfloat16 or device cpu"
    )


def test_half_precision_weights_are_float32_on_a_cpu_unless_asked_otherwise(folder, model):
    random_model("llama", len(tiny.byte_level())).bfloat16().save_pretrained(folder)
    assert load(str(folder), device="cpu").model.dtype == torch.float32


@pytest.mark.parametrize("place", ["from_pretrained", "to"])
def test_a_model_that_does_not_fit_into_memory_says_what_it_needs(folder, monkeypatch, place):
    def takes_all(*_, **__):
        torch.empty(1 << 60, dtype=torch.uint8)

    owner = AutoModelForCausalLM if place == "from_pretrained" else torch.nn.Module
    monkeypatch.setattr(owner, place, takes_all)
    wanted = r"the model .* needs 1 EiB more and .* free on cpu; use a smaller model"
    with pytest.raises(MemoryExceededError, match=wanted):
        load(str(folder), device="cpu")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    missing = str(tmp_path / "nothing")
    with pytest.raises(ModelNotFoundError) as refused:
        load(missing)
    assert str(refused.value) == (
        f"there is no folder {missing!r}; give a model's folder, a hub id or 'embedded'"
    )


def test_a_hub_id_that_cannot_be_reached_is_named():
    with pytest.raises(ModelNotFoundError, match="'nobody/nothing'") as refused:
        load("nobody/nothing")
    assert "'embedded'" in str(refused.value)


def test_an_empty_name_is_no_folder():
    with pytest.raises(ModelNotFoundError, match="there is no folder ''"):
        load("")


def test_a_folder_without_a_configuration_is_no_model(folder):
    (folder / "config.json").unlink()
    with pytest.raises(ModelNotFoundError) as refused:
        load(str(folder))
    assert str(refused.value) == f"{folder} is no model: it holds no config.json"


def test_a_folder_without_weights_is_no_model(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelNotFoundError) as refused:
        load(str(folder))
    assert str(refused.value) == (
        f"{folder} holds no weights; expected *.safetensors or *.bin beside config.json"
    )


def test_a_folder_without_a_tokenizer_says_that_it_is_the_tokenizer(folder):
    for path in folder.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(ModelNotFoundError, match=r"no tokenizer .* could be loaded"):
        load(str(folder))


FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")
BROKEN = {
    "cut off": (b'{"a": [1,', "is not JSON (Expecting value: line 1 column 10 (char 9))"),
    "empty": (b"", "is not JSON (Expecting value: line 1 column 1 (char 0))"),
    "no text": (b"{\x80}", "is not JSON ("),
    "a list": (b"[]", "holds no JSON object"),
    "a number": (b"3", "holds no JSON object"),
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(("content", "wrong"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_with_what_is_wrong(folder, file, content, wrong):
    (folder / file).write_bytes(content)
    with pytest.raises(ModelNotFoundError) as refused:
        load(str(folder))
    message = str(refused.value)
    assert message.startswith(f"{folder / file} {wrong}")
    assert message.endswith("; download or save the model again")


def changed(path, **values):
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(document | values), encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"hidden_size": "many"}, "'hidden_size': TypeError: Field 'hidden_size' expected int"),
        ({"num_attention_heads": 0}, "ZeroDivisionError: "),
        ({"model_type": "unheard-of"}, "unheard-of"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_named_with_what_is_wrong(folder, values, wrong):
    changed(folder / "config.json", **values)
    with pytest.raises(UnsupportedModelError) as refused:
        load(str(folder))
    message = str(refused.value)
    assert message.startswith(f"the configuration in {folder} (config.json) cannot be used: ")
    assert wrong in message


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"model": {"type": "Strange"}}, "data did not match any variant"),
        ({"added_tokens": None}, "TypeError: "),
    ],
)
def test_a_tokenizer_that_makes_no_sense_is_named_with_what_is_wrong(folder, values, wrong):
    changed(folder / "tokenizer.json", **values)
    with pytest.raises(UnsupportedModelError) as refused:
        load(str(folder))
    assert str(refused.value).startswith(
        f"the tokenizer in {folder} (tokenizer.json, tokenizer_config.json) cannot be used: {wrong}"
    )


def test_a_model_that_generates_no_text_is_unsupported(folder):
    configuration = {"model_type": "vit", "architectures": ["ViTModel"]}
    (folder / "config.json").write_text(json.dumps(configuration), encoding="utf-8")
    with pytest.raises(UnsupportedModelError, match="causal language model"):
        load(str(folder))


def test_a_kind_of_model_that_nobody_knows_is_unsupported(folder):
    changed(folder / "config.json", model_type="unheard-of")
    with pytest.raises(UnsupportedModelError, match="unheard-of"):
        load(str(folder))


def test_damaged_weights_are_an_error_of_ours_that_names_the_model(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match=str(folder)):
        load(str(folder))


def test_a_checkpoint_that_lacks_a_tensor_is_refused_rather_than_filled_at_random(folder):
    """transformers draws what is missing, and says so in its log alone."""
    lost = "model.layers.1.mlp.up_proj.weight"
    tensors = load_file(folder / "model.safetensors")
    del tensors[lost]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=lost):
        load(str(folder))


def test_weights_of_other_shapes_than_the_configuration_says_are_refused(folder):
    changed(folder / "config.json", intermediate_size=64)
    with pytest.raises(ModelError, match=str(folder)):
        load(str(folder))


def test_an_unknown_device_is_refused_with_those_that_there_are(folder):
    with pytest.raises(InvalidValueError) as refused:
        load(str(folder), device="gpu")
    assert str(refused.value) == "device is 'gpu'; choose one of auto, cuda, mps, cpu"


@pytest.mark.parametrize("device", sorted({"cuda", "mps"} - set(MACHINES_OWN)))
def test_a_device_that_this_machine_does_not_have_is_refused(device):
    with pytest.raises(InvalidValueError) as refused:
        chosen_device(device)
    assert str(refused.value) == (
        f"device {device} is not available on this machine; use auto or cpu"
    )


def test_the_machines_best_device_is_the_first_of_cuda_mps_and_cpu():
    assert chosen_device("auto").type == MACHINES_OWN[0]
    assert chosen_device("cpu").type == "cpu"


def test_an_unknown_dtype_is_refused_with_those_that_there_are(folder):
    with pytest.raises(InvalidValueError) as refused:
        load(str(folder), dtype="int4")
    assert str(refused.value) == (
        "dtype is 'int4'; choose one of auto, float32, bfloat16, float16, int8"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_random_family_loads_with_the_tokenizer_of_the_folder(folder, family):
    loaded = load(str(folder), device="cpu", random_weights=family)
    assert loaded.name == f"random {family}"
    known = {"cogito": "llama"}.get(family, family)
    assert loaded.model.config.model_type.removesuffix("_text") == known
    assert loaded.model.config.vocab_size == len(loaded.tokenizer) == len(tiny.byte_level())


def test_an_unknown_family_is_refused(folder):
    with pytest.raises(InvalidValueError, match="no family 'camel'"):
        load(str(folder), random_weights="camel")


def test_a_random_model_has_the_dtype_asked_for(folder):
    loaded = load(str(folder), device="cpu", dtype="bfloat16", random_weights="llama")
    assert loaded.model.dtype == torch.bfloat16


def test_an_unknown_dtype_is_refused_for_a_random_model_too(folder):
    with pytest.raises(InvalidValueError, match="dtype is 'int4'"):
        load(str(folder), dtype="int4", random_weights="llama")
