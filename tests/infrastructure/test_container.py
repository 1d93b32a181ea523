import json

import pytest
from dependency_injector import providers

from tempo.application.decoding.request import GenerationRequest
from tempo.infrastructure.container import (
    DEVICES,
    DTYPES,
    EMBEDDED,
    FAMILIES,
    Container,
    container_around,
    container_of,
    embedded_model_path,
    story_openings,
)
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import CountingBackend
from tests.infrastructure.huggingface.tiny_tokenizers import byte_level

SCRIPT = Script.of({"": {"a": 1.0}, "a": {"b": 0.7, "c": 0.3}, "b": {"a": 1.0}, "c": {"a": 1.0}})


@pytest.fixture
def container():
    """One override swaps the model; the vocabulary that belongs to it is the second."""
    container = Container()
    container.backend.override(providers.Singleton(ScriptedBackend, SCRIPT))
    container.tokenizer.override(providers.Singleton(ScriptedTokenizer, SCRIPT))
    return container


def request(container, prompt="a", steps=2):
    return GenerationRequest(container.tokenizer().encode(prompt), max_steps=steps)


def test_another_model_adapter_is_one_override(container):
    outcome = container.generate().run(request(container))
    assert outcome.text == "ba"
    assert [text.text for text in container.n_best().run(outcome.lattice, 2)] == ["ba", "ca"]
    steered = container.steered(request=request(container))
    assert len(steered.step().token_set) == 2


def test_an_override_loads_no_model(container, monkeypatch):
    container.loaded.override(providers.Callable(pytest.fail, "a model was loaded"))
    container.generate().run(request(container))


def test_an_override_can_wrap_what_it_overrides(container):
    counting = CountingBackend(container.backend())
    container.backend.override(providers.Object(counting))
    container.generate().run(request(container, steps=3))
    assert (counting.opened, counting.readings) == (1, 3)


def test_the_model_is_shared_and_use_cases_are_made_anew(container):
    assert container.backend() is container.backend()
    assert container.tokenizer() is container.tokenizer()
    assert container.generate() is not container.generate()


def test_runs_of_one_container_are_independent(container):
    first = container.generate().start(request(container, "a"))
    second = container.generate().start(request(container, "ab"))
    one, two = first.events(), second.events()
    for _ in range(2):
        next(one)
        next(two)
    assert len(list(one)) == len(list(two))
    assert first.outcome().text == "ba"
    assert second.outcome().text == "ab"
    assert first.outcome().lattice.prompt_ids != second.outcome().lattice.prompt_ids


def test_two_containers_share_nothing():
    one, two = Container(), Container()
    one.backend.override(providers.Object("a fake"))
    two.config.from_dict({"device": "cpu"})
    assert one.backend() == "a fake"
    assert one.config()["device"] == "auto"
    assert not two.backend.overridden


def test_the_defaults_name_the_model_that_ships():
    assert Container().config() == {
        "model": EMBEDDED,
        "device": "auto",
        "dtype": "auto",
        "backend": "auto",
        "random_weights": "",
        "options": None,
        "max_memory_gb": None,
    }


def test_files_and_pictures_need_no_model(tmp_path):
    outcome = Container()
    outcome.loaded.override(providers.Callable(pytest.fail, "a model was loaded"))
    assert callable(outcome.plotter())
    with pytest.raises(Exception, match="cannot be read"):
        outcome.lattice_file().open(tmp_path / "none.json")


def test_a_loaded_model_is_wired_as_it_is():
    tokenizer = byte_level()
    model = random_model("llama", len(tokenizer))
    container = container_of(model, tokenizer)
    assert container.model() is model
    assert container.backend().description.vocabulary == len(tokenizer)
    assert container.tokenizer().end_tokens == {0, tokenizer.eos_token_id}


@pytest.mark.parametrize(
    ("named", "ends"), [(None, set()), (5, {5}), ([5, 6], {5, 6}), ((7,), {7})]
)
def test_the_end_tokens_of_the_generation_configuration_join_the_tokenizers_own(named, ends):
    tokenizer = byte_level()
    model = random_model("llama", len(tokenizer))
    model.generation_config.eos_token_id = named
    container = container_of(model, tokenizer)
    assert container.tokenizer().end_tokens == ends | {tokenizer.eos_token_id}


def test_a_model_without_its_tokenizer_knows_end_tokens_and_calls_others_by_their_number():
    model = random_model("llama", 40)
    tokenizer = container_around(model, (3, 4)).tokenizer()
    assert tokenizer.end_tokens == {3, 4}
    assert (tokenizer.content(9), tokenizer.content(3)) == (b"<9>", b"")


def test_a_model_without_a_name_is_called_by_its_class():
    model = random_model("llama", 40)
    model.config.name_or_path = ""
    assert container_around(model, ()).description().name == "LlamaForCausalLM"


def test_what_interfaces_offer_is_named_here():
    assert DEVICES[0] == DTYPES[0] == "auto"
    assert {"llama", "qwen3"} <= set(FAMILIES)
    assert json.loads((embedded_model_path() / "config.json").read_text())["model_type"]
    assert all(story_openings())
