"""Which backend runs a model."""

import logging
import sys

import pytest
import torch

import tempo
from tempo.domain.errors import InvalidValueError, UnsupportedModelError
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.choosing import chosen_backend, no_kernels
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.processor import compiling
from tempo.infrastructure.fused_llama.processor.decoder import ProcessorDecoder
from tempo.infrastructure.huggingface import support
from tempo.infrastructure.huggingface.int8_weights import quantise
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.logging import NAME


def chosen(kind, family="llama"):
    model = random_model(family, 60)
    return chosen_backend(kind, model, support.describe(model, family), lambda: "transformers")


@pytest.mark.parametrize("kind", ["auto", "fused"])
@pytest.mark.parametrize("family", ["llama", "mistral", "qwen2", "qwen3"])
def test_a_family_that_is_known_is_fused(kind, family):
    assert isinstance(chosen(kind, family), FusedBackend)


def test_transformers_is_taken_where_it_is_named():
    assert chosen("transformers") == "transformers"


def test_auto_falls_back_with_one_line_that_says_why(caplog):
    with caplog.at_level(logging.INFO, logger=NAME):
        assert chosen("auto", "gemma") == "transformers"
    (line,) = [record.getMessage() for record in caplog.records]
    assert "backend.transformers" in line
    assert "its family is none of llama, mistral, qwen2, qwen3" in line


def test_auto_takes_it_where_it_was_measured_alone(caplog):
    model = random_model("llama", 60)
    description = support.describe(model, "llama")
    elsewhere = model.to("meta")
    with caplog.at_level(logging.INFO, logger=NAME):
        assert chosen_backend("auto", elsewhere, description, lambda: "modules") == "modules"
    assert "auto takes it on cpu and cuda alone, and the model is on meta" in caplog.text


def on_a_gpu(monkeypatch, dtype=torch.bfloat16, head_dim=16):
    """Return a model that says it is on a GPU."""
    model = random_model("llama", 60).to(dtype)
    model.config.head_dim = head_dim
    monkeypatch.setattr(type(model), "device", torch.device("cuda"))
    return model


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"dtype": torch.float64}, "weights of 16 or 32 bits, and the model's are torch.float64"),
        ({"head_dim": 80}, "heads of 16, 32, 64, 128, ... numbers, and the model's have 80"),
    ],
)
def test_what_graphs_do_not_take_goes_in_plain_pytorch(monkeypatch, wrong, reason):
    monkeypatch.setitem(sys.modules, "triton", sys)
    assert no_kernels(on_a_gpu(monkeypatch)) is None
    assert reason in no_kernels(on_a_gpu(monkeypatch, **wrong))


def test_without_triton_a_gpu_s_passes_go_in_plain_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "triton", None)
    assert "pip install triton" in no_kernels(on_a_gpu(monkeypatch))


def as_dtype(dtype, family="llama"):
    """Return a small model whose weights are of a type."""
    model = random_model(family, 60)
    if dtype == "int8":
        quantise(model)
        return model
    return model.to(getattr(torch, dtype))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
def test_what_kernels_take_on_a_processor_goes_in_compiled_kernels(dtype):
    model = as_dtype(dtype)
    backend = chosen_backend("auto", model, support.describe(model, "llama"), lambda: None)
    assert isinstance(backend._decoder, ProcessorDecoder)


def test_int8_without_kernels_goes_in_transformers_own_modules_or_is_refused(caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba.np.ufunc.omppool", None)
    model = as_dtype("int8")
    description = support.describe(model, "llama")
    with caplog.at_level(logging.INFO, logger=NAME):
        assert chosen_backend("auto", model, description, lambda: "modules") == "modules"
    assert "backend.transformers" in caplog.text
    assert "pip install 'tempo-decoding[cpu]'" in caplog.text
    with pytest.raises(UnsupportedModelError, match="numba with OpenMP is needed"):
        chosen_backend("fused", model, description, lambda: "modules")


@pytest.mark.parametrize(("kept", "happens"), [(True, "once"), (False, "at each start")])
def test_the_first_use_says_that_kernels_are_compiled(caplog, monkeypatch, tmp_path, kept, happens):
    monkeypatch.setattr(compiling, "kept_in", lambda: tmp_path if kept else None)
    with caplog.at_level(logging.INFO, logger=NAME):
        chosen("auto")
    assert "kernels.compiling" in caplog.text
    assert happens in caplog.text
    (tmp_path / "one.nbc").touch()
    caplog.clear()
    with caplog.at_level(logging.INFO, logger=NAME):
        chosen("auto")
    assert ("kernels.compiling" in caplog.text) is not kept


def test_what_kernels_do_not_take_goes_in_plain_pytorch_with_a_line_that_says_why(caplog):
    model = random_model("llama", 60).half()
    with caplog.at_level(logging.INFO, logger=NAME):
        backend = chosen_backend("auto", model, support.describe(model, "llama"), lambda: None)
    assert type(backend._decoder) is PlainDecoder
    assert "float32, bfloat16 and int8 weights, and the model's are torch.float16" in caplog.text


def test_without_numba_passes_go_in_plain_pytorch_with_a_line_that_says_what_to_install(
    caplog, monkeypatch
):
    monkeypatch.setitem(sys.modules, "numba.np.ufunc.omppool", None)
    with caplog.at_level(logging.INFO, logger=NAME):
        assert type(chosen("auto")._decoder) is PlainDecoder
    assert "pip install 'tempo-decoding[cpu]'" in caplog.text


def test_what_is_asked_for_and_cannot_be_is_refused():
    with pytest.raises(UnsupportedModelError, match=r"backend fused cannot run gemma: its family"):
        chosen("fused", "gemma")


def test_an_unknown_backend_is_refused():
    with pytest.raises(InvalidValueError, match="backend is 'fast'; choose one of auto, fused"):
        chosen("fast")
    with pytest.raises(InvalidValueError, match="backend is 'fast'"):
        tempo.load(random_weights="llama", backend="fast")


def test_a_model_of_the_user_s_own_is_left_as_it_is_unless_asked(tmp_path):
    engine = tempo.load(random_weights="llama")
    model, tokenizer = engine.container.loaded().model, engine.container.loaded().tokenizer
    own = random_model("llama", model.config.vocab_size)
    before = [parameter.data_ptr() for parameter in own.parameters()]
    tempo.Engine(own, tokenizer)
    assert [parameter.data_ptr() for parameter in own.parameters()] == before
    own.save_pretrained(tmp_path)
    asked = tempo.Engine(own, tokenizer, backend="fused")
    assert isinstance(asked.container.backend(), FusedBackend)
