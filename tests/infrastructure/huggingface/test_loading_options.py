"""Models of a hub from its cache, spread models, quantised ones, and code that comes along."""

import json
import re

import pytest
import torch

from tempo.domain.errors import (
    ContradictionError,
    IneffectiveSettingError,
    InvalidValueError,
    ModelNotFoundError,
    UnsupportedModelError,
)
from tempo.infrastructure.configuration import DEVICE_MAPS, QUANTISATIONS, LoadingOptions
from tempo.infrastructure.huggingface import placement, quantisation
from tempo.infrastructure.huggingface.loading import load
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.fakes.hub_cache import files_of, keep
from tests.infrastructure.huggingface import tiny_tokenizers as tiny

NAME = "nobody/tiny"


def saved(folder, seed=4):
    tokenizer = tiny.byte_level()
    random_model("llama", len(tokenizer), seed=seed).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache that holds two revisions of a model."""
    cache = tmp_path_factory.mktemp("cache")
    for revision, seed in (("main", 4), ("v2", 5)):
        made = saved(tmp_path_factory.mktemp(revision), seed)
        keep(cache, NAME, files_of(made), revision)
    return cache


@pytest.fixture
def folder(tmp_path):
    return saved(tmp_path)


def loaded(name, **options):
    return load(str(name), device="cpu", options=LoadingOptions(**options)).model


def refused(error, name, *, device="auto", dtype="auto", random_weights="", **options):
    with pytest.raises(error) as caught:
        load(str(name), device, dtype, random_weights, LoadingOptions(**options))
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def weights(seed):
    return random_model("llama", len(tiny.byte_level()), seed=seed).lm_head.weight


# Hub, cache, revision ---------------------------------------------------------------------------


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize(("revision", "seed"), [("", 4), ("main", 4), ("v2", 5)])
def test_a_cached_model_loads_at_its_revision_without_a_network(cache, revision, seed, offline):
    model = loaded(NAME, cache_dir=str(cache), revision=revision, offline=offline)
    assert torch.equal(model.lm_head.weight, weights(seed))


def test_offline_without_a_copy_says_how_to_get_one(cache, tmp_path):
    sentence = refused(ModelNotFoundError, NAME, cache_dir=str(tmp_path), offline=True)
    assert f"no copy of a hub's model of this name in {tmp_path}" in sentence
    assert "tempo models download nobody/tiny" in sentence
    sentence = refused(ModelNotFoundError, NAME, cache_dir=str(cache), revision="v3", offline=True)
    assert "at revision v3" in sentence


@pytest.mark.parametrize("option", ["revision", "cache_dir"])
def test_what_only_a_hub_has_is_refused_beside_a_folder(folder, option):
    for name in (folder, "embedded"):
        sentence = refused(IneffectiveSettingError, name, **{option: "x"})
        assert sentence.startswith(f"{option} is 'x', and {name} is no model of a hub")


def test_a_folder_is_on_this_machine_anyway(folder):
    assert torch.equal(loaded(folder, offline=True).lm_head.weight, weights(4))


# Code of its own --------------------------------------------------------------------------------

OWN_CODE = """
from transformers import LlamaConfig

class OwnConfig(LlamaConfig):
    model_type = "own"
"""


@pytest.fixture
def own(folder, tmp_path, monkeypatch):
    """A model whose configuration is a class that comes with it."""
    from transformers import dynamic_module_utils

    modules = str(tmp_path / "modules")
    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", modules)
    monkeypatch.syspath_prepend(modules)
    (folder / "configuration_own.py").write_text(OWN_CODE)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "own",
        "auto_map": {
            "AutoConfig": "configuration_own.OwnConfig",
            "AutoModelForCausalLM": "modeling_own.OwnModel",
        },
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "modeling_own.py").write_text(
        "from transformers import LlamaForCausalLM\n"
        "from .configuration_own import OwnConfig\n"
        "class OwnModel(LlamaForCausalLM):\n    config_class = OwnConfig\n"
    )
    return folder


def test_code_that_comes_with_a_model_does_not_run_unless_it_is_trusted(own):
    sentence = refused(UnsupportedModelError, own)
    assert re.match(r"the configuration of .* is Python code that comes with the model", sentence)
    assert "say trust_remote_code (--trust-remote-code" in sentence


def test_trusted_code_runs(own):
    model = loaded(own, trust_remote_code=True)
    assert type(model).__name__ == "OwnModel"
    assert torch.equal(model.lm_head.weight, weights(4))


# Several devices --------------------------------------------------------------------------------

SPREAD = {
    **dict.fromkeys(("model.embed_tokens", "model.norm", "model.rotary_emb", "lm_head"), "cpu"),
    "model.layers.0": "cpu",
    "model.layers.1": "disk",
}


@pytest.mark.parametrize("given", ["auto", '{"": "cpu"}', {"": "cpu"}])
def test_a_map_places_the_model(folder, given):
    model = load(str(folder), options=LoadingOptions(device_map=given)).model
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}
    assert not model.training


def test_a_model_with_a_layer_on_the_disk_decodes_as_the_whole_one(folder):
    """The pass crosses devices here as it does between GPUs: hooks bring the layer's weights."""
    import tempo

    whole = tempo.load(folder, device="cpu", backend="transformers")
    spread = tempo.load(folder, device_map=SPREAD)
    assert any(one.is_meta for one in spread.container.model().parameters())
    one, other = (
        engine.generate("the fox", max_steps=8, selection_threshold=0.02)
        for engine in (whole, spread)
    )
    assert one.best_path_ids == other.best_path_ids
    assert max(step.width for step in one.lattice.steps) > 1


def test_the_laws_hold_with_a_layer_on_the_disk(folder):
    import tempo

    spread = tempo.load(folder, device_map=SPREAD).container
    reports = spread.law_check().run(spread.tokenizer().encode("the fox"))
    assert [report.number for report in reports] == [1, 2, 3, 4, 7, 8]
    assert max(report.difference for report in reports) < 1e-4


def test_whole_numbers_are_not_split_over_processes(folder):
    told = refused(ContradictionError, folder, dtype="int8", tensor_parallel="2")
    assert told == "tensor_parallel does not split weights of dtype int8; use bfloat16"


def test_a_map_without_accelerate_says_what_to_install(folder, monkeypatch):
    monkeypatch.setattr(placement, "find_spec", lambda _: None)
    assert refused(InvalidValueError, folder, device_map="auto") == (
        "device_map needs accelerate, not installed here: pip install accelerate, "
        "or choose one device"
    )


@pytest.mark.parametrize("given", ["everywhere", "[1]", "{}", '"cpu"', 3])
def test_what_is_no_map_is_refused_with_those_that_there_are(folder, given):
    sentence = refused(InvalidValueError, folder, device_map=given)
    assert sentence.startswith(f"device_map is {given!r}; choose one of {', '.join(DEVICE_MAPS)}")


# Quantised weights ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", QUANTISATIONS)
def test_a_package_that_is_not_installed_is_named(folder, monkeypatch, kind):
    monkeypatch.setattr(quantisation, "find_spec", lambda _: None)
    sentence = refused(InvalidValueError, folder, quantisation=kind)
    method = kind.split("-")[0]
    assert sentence.startswith(f"quantisation {kind} needs {method}")
    assert f"pip install {method}" in sentence


def test_a_package_that_cannot_be_imported_is_one_sentence(folder, monkeypatch):
    """Installed, but of a version that this PyTorch cannot load."""
    monkeypatch.setattr(quantisation, "find_spec", lambda name: name)
    monkeypatch.setattr(quantisation, "import_module", broken_import)
    sentence = refused(InvalidValueError, folder, quantisation="torchao-int8")
    assert sentence.startswith("quantisation torchao-int8 cannot be set up with the torchao that ")
    assert "its kernels are for another torch" in sentence


def broken_import(name):
    message = f"{name}: its kernels are for another torch"
    raise ImportError(message)


def test_an_unknown_quantisation_is_refused_with_those_that_there_are(folder):
    assert refused(InvalidValueError, folder, quantisation="gguf") == (
        f"quantisation is 'gguf'; choose one of {', '.join(QUANTISATIONS)}"
    )


def quantised_by(folder, method, **more):
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"] = {"quant_method": method} | more
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("method", ["bitsandbytes", "torchao"])
def test_a_quantised_checkpoint_names_the_package_that_reads_it(folder, monkeypatch, method):
    monkeypatch.setattr(quantisation, "find_spec", lambda _: None)
    quantised_by(folder, method, load_in_8bit=True)
    sentence = refused(UnsupportedModelError, folder)
    assert sentence.startswith(f"the weights of {folder} are quantised by {method}, and {method}")
    assert f"pip install {method}" in sentence


def test_a_package_that_transformers_misses_is_told_in_one_sentence(folder):
    quantised_by(folder, "gptq", bits=4)
    sentence = refused(UnsupportedModelError, folder)
    assert sentence.startswith(f"{folder} needs a package that is not installed here: ")
    assert "pip install" in sentence


def test_weights_are_not_rounded_twice(folder):
    quantised_by(folder, "unheard-of")
    sentence = refused(ContradictionError, folder, device="cpu", dtype="int8")
    assert f"dtype is int8, and {folder} is quantised by unheard-of already" in sentence


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"device": "cpu", "device_map": "auto"}, "device is cpu and device_map 'auto'"),
        (
            {"device": "cpu", "dtype": "int8", "quantisation": "torchao-int8"},
            "dtype is int8 and quantisation torchao-int8",
        ),
        ({"random_weights": "llama", "device_map": "auto"}, "random_weights llama draws"),
        ({"random_weights": "llama", "tensor_parallel": "2"}, "random_weights llama draws"),
        (
            {"tensor_parallel": "2", "device_map": "auto"},
            "tensor_parallel is 2 and device_map 'auto'",
        ),
        (
            {"tensor_parallel": "auto", "quantisation": "torchao-int8"},
            "tensor_parallel is auto and quantisation 'torchao-int8'",
        ),
        ({"random_weights": "llama", "quantisation": "torchao-int8"}, "random_weights llama draws"),
    ],
)
def test_options_that_exclude_each_other_are_told_so(folder, given, sentence):
    told = refused(ContradictionError, folder, **given)
    assert told.startswith(sentence)
    assert "leave" in told


def test_what_others_round_is_called_after_them_and_stays_with_transformers_modules():
    from tempo.infrastructure.fused_llama.architecture import refusal
    from tempo.infrastructure.huggingface.support import describe

    model = random_model("llama", 40)
    assert refusal(model) is None
    model.config.quantization_config = {"quant_method": "torchao"}
    assert describe(model, "model").dtype == "torchao"

    class Rounded(torch.Tensor):
        """A weight that another package keeps in its own way; the layer looks as ever."""

    layer = model.model.layers[1].mlp.up_proj
    layer.weight = torch.nn.Parameter(layer.weight.data.as_subclass(Rounded))
    assert refusal(model) == "its products are adapted, or quantised by others"
