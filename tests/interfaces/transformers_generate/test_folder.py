"""The folder form, from a local path, and transformers' pipeline."""

import json
import shutil

import pytest
import torch
from transformers import AutoModelForCausalLM, GenerationConfig, TextIteratorStreamer, pipeline

import tempo
from tempo.domain.errors import InvalidValueError
from tests.fakes.streamers import Recorder
from tests.infrastructure.huggingface.tiny_tokenizers import byte_level
from tests.interfaces.transformers_generate.calls import PROMPT, batch, decoded, greedy

WIDE = {"selection_threshold": 0.05, "max_new_tokens": 8, "pad_token_id": 1}


@pytest.fixture(autouse=True)
def modules(tmp_path, monkeypatch):
    """Where transformers copies the code of others to."""
    from transformers import dynamic_module_utils

    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))


def by_folder(model, inputs, folder=None, **options):
    folder = tempo.custom_generate_folder() if folder is None else folder
    options = {"trust_remote_code": True, "pad_token_id": 1} | options
    return model.generate(**inputs, custom_generate=str(folder), **options)


def test_the_folder_is_laid_out_as_the_hub_has_it():
    folder = tempo.custom_generate_folder()
    assert (folder / "custom_generate" / "generate.py").is_file()
    lines = (folder / "custom_generate" / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["tempo-decoding"]
    assert "- custom_generate\n" in (folder / "README.md").read_text()


def test_the_folder_decodes_as_the_function_does(model):
    inputs = batch(PROMPT, [9, 4])
    assert torch.equal(by_folder(model, inputs, **WIDE), decoded(model, inputs, **WIDE))
    best = {"n_best": 3, "return_dict_in_generate": True}
    one, other = by_folder(model, inputs, **WIDE, **best), decoded(model, inputs, **WIDE, **best)
    assert torch.equal(one.sequences, other.sequences)
    assert torch.equal(one.sequences_scores, other.sequences_scores)


def test_the_folders_code_runs_for_those_alone_who_trust_it(model):
    with pytest.raises(ValueError, match="trust_remote_code"):
        by_folder(model, batch(PROMPT), trust_remote_code=False, **WIDE)


def test_streamer_tokenizer_and_stop_strings_keep_their_names(model):
    tokenizer, told = byte_level(), Recorder()
    plain = greedy(model, batch(PROMPT))
    stop = tokenizer.decode(plain[0, len(PROMPT) + 3 : len(PROMPT) + 5])
    option = {"tokenizer": tokenizer, "stop_strings": [stop], "max_new_tokens": 12}
    expected = greedy(model, batch(PROMPT), **option)
    assert expected.shape[1] < plain.shape[1]
    found = by_folder(model, batch(PROMPT), streamer=told, max_width=1, **option)
    assert torch.equal(found, expected)
    assert told.told == [[PROMPT], *([token] for token in found[0, len(PROMPT) :].tolist()), "end"]


def test_stop_strings_of_the_configuration_are_honoured_too(model):
    tokenizer = byte_level()
    plain = greedy(model, batch(PROMPT))
    stop = tokenizer.decode(plain[0, len(PROMPT) + 3 : len(PROMPT) + 5])
    config = model.generation_config.__class__.from_dict(model.generation_config.to_dict())
    config.stop_strings, config.max_new_tokens, config.pad_token_id = stop, 12, 1
    option = {"generation_config": config, "tokenizer": tokenizer}
    expected = model.generate(**batch(PROMPT), **option)
    folder = str(tempo.custom_generate_folder())
    found = model.generate(
        **batch(PROMPT), custom_generate=folder, trust_remote_code=True, max_width=1, **option
    )
    assert torch.equal(found, expected)
    assert config.stop_strings == stop


def test_an_assistant_is_refused_by_name(model):
    with pytest.raises(InvalidValueError, match="assistant_model"):
        by_folder(model, batch(PROMPT), assistant_model=model)


def test_a_model_that_brings_the_folder_decodes_with_it(model, tmp_path):
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    shutil.copytree(tempo.custom_generate_folder() / "custom_generate", folder / "custom_generate")
    loaded = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
    inputs = batch(PROMPT)
    expected = decoded(model, inputs, **WIDE)
    assert torch.equal(loaded.generate(**inputs, **WIDE), expected)
    assert torch.equal(loaded.generate(inputs["input_ids"], **WIDE), expected)
    config = GenerationConfig(max_new_tokens=8, pad_token_id=1)
    assert torch.equal(loaded.generate(inputs["input_ids"], config, threshold=0.05), expected)
    plain = AutoModelForCausalLM.from_pretrained(folder)
    assert torch.equal(plain.generate(**inputs, max_new_tokens=12), greedy(model, inputs))


def test_what_the_folder_requires_is_what_the_package_is_called():
    from importlib.metadata import version

    assert version("tempo-decoding")


# The pipeline -----------------------------------------------------------------------------------


@pytest.fixture
def writer(model):
    """A pipeline over a model whose vocabulary is the tokenizer's."""
    from tempo.infrastructure.huggingface.random_weights import random_model

    tokenizer = byte_level()
    model = random_model("llama", len(tokenizer), seed=4)
    model.generation_config.eos_token_id = None
    tokenizer.pad_token = tokenizer.eos_token
    return pipeline("text-generation", model=model, tokenizer=tokenizer, device="cpu")


PLAIN = {"do_sample": False, "max_new_tokens": 9, "return_full_text": False}


def test_a_pipeline_writes_with_tempo(writer):
    (greedy_text,) = writer("the fox", **PLAIN)
    (narrow,) = writer("the fox", custom_generate=tempo.custom_generate, max_width=1, **PLAIN)
    assert narrow == greedy_text
    (wide,) = writer("the fox", custom_generate=tempo.custom_generate, threshold=0.02, **PLAIN)
    inputs = writer.tokenizer("the fox", return_tensors="pt")
    ids = decoded(writer.model, dict(inputs), threshold=0.02, max_new_tokens=9, pad_token_id=None)
    text = writer.tokenizer.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert wide["generated_text"] == text


def test_a_pipeline_returns_the_best_texts_of_each_prompt(writer):
    option = {"custom_generate": tempo.custom_generate, "n_best": 3, "threshold": 0.05} | PLAIN
    found = writer(["the fox", "a"], batch_size=2, **option)
    assert [len(texts) for texts in found] == [3, 3]
    alone = [writer(prompt, **option) for prompt in ("the fox", "a")]
    assert found == alone
    full = writer("the fox", **option | {"return_dict_in_generate": True})
    assert [text["generated_text"] for text in full] == [
        text["generated_text"] for text in alone[0]
    ]
    assert json.dumps([text["sequences_scores"] for text in full])


def test_a_pipeline_streams(writer):
    streamer = TextIteratorStreamer(writer.tokenizer, skip_prompt=True, skip_special_tokens=True)
    (found,) = writer(
        "the fox", custom_generate=tempo.custom_generate, tempo_streamer=streamer, **PLAIN
    )
    assert "".join(streamer) == found["generated_text"]


def test_a_pipeline_draws_by_default_and_a_seed_repeats_it(writer):
    option = {"custom_generate": tempo.custom_generate, "threshold": 0.02, "max_new_tokens": 9}
    drawn = [str(writer("the fox", seed=seed, **option)) for seed in (*range(5), *range(5))]
    assert drawn[:5] == drawn[5:]
    assert len(set(drawn)) > 1
