import threading

import pytest

import tempo
from tempo.domain.errors import (
    ContradictionError,
    InvalidValueError,
    ModelNotFoundError,
    NonFiniteLogitsError,
    PromptError,
    SelfCheckError,
    UnknownSettingError,
)
from tempo.domain.stopping import FinishReason
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tests.application.studies.fidelity.contexts import CROSSED
from tests.fakes.backends import BreaksDown, CountingBackend
from tests.infrastructure.huggingface.tiny_tokenizers import CHAT_TEMPLATE, byte_level
from tests.interfaces.scripted_engine import FOREVER, STORY, scripted_engine

ONCE = STORY.vocabulary.index("Once")


@pytest.fixture
def engine():
    return scripted_engine()


@pytest.fixture(scope="module")
def tiny():
    """A chat model with random weights, loaded by transformers already."""
    tokenizer = byte_level(CHAT_TEMPLATE)
    return tempo.Engine(random_model("llama", len(tokenizer), context=200), tokenizer)


def facts(result):
    """All that two equal results share: everything but their times."""
    mapping = result.as_mapping(n_best=3)
    del mapping["cost"]["milliseconds"]
    return mapping


def test_a_prompt_is_continued(engine):
    result = engine.generate("Once")
    assert result.text == " upon a park."
    assert result.finish_reason is FinishReason.END_OF_TEXT


def test_a_prompt_can_be_given_as_tokens(engine):
    result = engine.generate([ONCE])
    assert result.text == " upon a park."
    assert (result.prompt, result.prompt_ids) == (None, (ONCE,))


def test_settings_are_keywords_by_name_or_alias(engine):
    assert engine.generate("Once", max_steps=2).text == " upon a"
    assert engine.generate("Once", max_tokens=2).text == " upon a"
    assert len(engine.generate("Once", threshold=0.5).lattice.step(2).token_set) == 1


def test_settings_are_an_object_that_keywords_override(engine):
    settings = tempo.Settings(max_steps=2, selection_threshold=0.5)
    assert engine.generate("Once", settings=settings).text == " upon a"
    result = engine.generate("Once", settings=settings, max_steps=3)
    assert (len(result.lattice), result.lattice.step(2).width) == (3, 1)
    assert result.settings.max_steps == 3


@pytest.mark.parametrize("method", ["generate", "stream", "session"])
@pytest.mark.parametrize(
    ("prompt", "names", "error"),
    [
        ("", {}, PromptError),
        ([], {}, PromptError),
        ([99], {}, PromptError),
        (None, {}, PromptError),
        (b"abc", {}, PromptError),
        ("Once", {"max_step": 3}, UnknownSettingError),
        ("Once", {"max_steps": 0}, InvalidValueError),
        ("Once", {"default_mode": True, "threshold": 0.4}, ContradictionError),
        ([ONCE], {"system": "Be brief."}, ContradictionError),
        ([ONCE], {"chat": True}, ContradictionError),
        ([ONCE], {"enable_thinking": True}, ContradictionError),
        ("Once", {"chat": True}, InvalidValueError),
    ],
)
def test_what_is_wrong_is_refused_before_the_model_is_asked(method, prompt, names, error):
    backend = CountingBackend(ScriptedBackend(STORY))
    engine = scripted_engine(backend=backend)
    with pytest.raises(error):
        getattr(engine, method)(prompt, **names)
    assert backend.opened == 0


def test_a_prompt_that_fills_the_context_is_refused_with_both_lengths():
    engine = scripted_engine(context=3)
    with pytest.raises(PromptError, match=r"has 3 tokens; it must have 1 to 2"):
        engine.generate("Once upon a")


def test_a_chat_prompt_goes_through_the_models_template(tiny):
    result = tiny.generate("Hello", system="Be brief.", max_steps=1)
    text = byte_level().decode(result.prompt_ids)
    assert text == (
        "<|begin|><|header|>system\n\nBe brief.<|end|>"
        "<|header|>user\n\nHello<|end|><|header|>assistant\n\n"
    )
    assert result.prompt == "Hello"


def test_the_thinking_mode_is_part_of_the_prompt(tiny):
    result = tiny.generate("Hello", enable_thinking=True, max_steps=1)
    assert "Enable deep thinking subroutine." in byte_level().decode(result.prompt_ids)


def test_a_prompt_is_plain_text_unless_a_chat_is_asked_for(tiny):
    assert byte_level().decode(tiny.generate("Hello", max_steps=1).prompt_ids) == "Hello"


def test_width_one_is_transformers_greedy_text(tiny):
    import torch

    result = tiny.generate("the fox", default_mode=True, max_steps=20)
    model = tiny.container.model()
    prompt = torch.tensor([result.prompt_ids])
    greedy = model.generate(
        prompt, do_sample=False, max_new_tokens=20, eos_token_id=[0, 1], pad_token_id=0
    )
    assert greedy[0, prompt.shape[1] :].tolist() == list(result.best_path_ids)


def test_the_facts_about_a_model_are_at_hand(tiny):
    description = tiny.description
    assert (description.family, description.context) == ("llama", 200)
    assert (description.device, description.dtype) == ("cpu", "float32")


def test_a_model_is_checked_when_it_is_loaded():
    import torch

    tokenizer = byte_level()
    broken = random_model("llama", len(tokenizer), context=200)
    broken.model.register_forward_pre_hook(
        lambda _module, _positional, named: (
            (),
            named | {"attention_mask": torch.zeros_like(named["attention_mask"])},
        ),
        with_kwargs=True,
    )
    with pytest.raises(SelfCheckError):
        tempo.Engine(broken, tokenizer)
    assert tempo.Engine(broken, tokenizer, check=False).description.family == "llama"


def test_the_check_can_be_run_again(tiny):
    assert tiny.self_check().passed


def test_a_model_that_is_not_there_is_refused_by_name():
    with pytest.raises(ModelNotFoundError, match=r"/no/such/model"):
        tempo.load("/no/such/model")


@pytest.mark.parametrize("model", [5, None, b"folder"])
def test_what_can_be_no_name_of_a_model_is_refused(model):
    with pytest.raises(InvalidValueError) as caught:
        tempo.load(model)
    assert str(caught.value) == f"model is {model!r}; it must be a folder, a hub id or 'embedded'"


def test_a_folder_may_be_given_as_a_path(tmp_path):
    with pytest.raises(ModelNotFoundError, match="there is no folder"):
        tempo.load(tmp_path / "missing")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"model": "x"}, "model is a str"), ({"tokenizer": None}, "tokenizer is a NoneType")],
)
def test_an_engine_is_made_of_what_transformers_has_loaded(tiny, wrong, named):
    right = {"model": tiny.container.model(), "tokenizer": byte_level()}
    with pytest.raises(InvalidValueError) as caught:
        tempo.Engine(**(right | wrong))
    assert str(caught.value) == (
        f"{named}; give what transformers has loaded, or a folder or a hub id to tempo.load"
    )


def test_a_model_with_random_weights_needs_none_of_its_own():
    engine = tempo.load(random_weights="qwen3")
    assert engine.description.name == "random qwen3"
    assert engine.generate("Once", max_steps=2).lattice


# Errors under way -------------------------------------------------------------------------------


def broken_engine(healthy):
    return scripted_engine(FOREVER, backend=BreaksDown(ScriptedBackend(FOREVER), healthy=healthy))


def test_logits_that_are_not_finite_leave_a_result():
    with pytest.raises(NonFiniteLogitsError) as caught:
        broken_engine(3).generate(" a")
    assert isinstance(caught.value.partial, tempo.Result)
    assert len(caught.value.partial.lattice) == caught.value.step == 3
    assert caught.value.partial.finish_reason is FinishReason.ERROR
    assert caught.value.partial.text


def test_logits_that_are_not_finite_leave_a_result_of_a_stream():
    stream = broken_engine(2).stream(" a")
    with pytest.raises(NonFiniteLogitsError) as caught:
        list(stream)
    assert len(stream.result.lattice) == 2
    assert isinstance(caught.value.partial, tempo.Result)


# Threads ----------------------------------------------------------------------------------------


def test_two_threads_of_one_engine_get_what_each_would_get_alone(tiny):
    prompts = ["the fox", "Once upon a time", "[in the garden]", "park"]
    alone = [facts(tiny.generate(prompt, max_steps=8, threshold=0.02)) for prompt in prompts]
    together = [None] * len(prompts)
    start = threading.Barrier(len(prompts))

    def run(number):
        start.wait()
        together[number] = facts(tiny.generate(prompts[number], max_steps=8, threshold=0.02))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(prompts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_runs_that_take_turns_do_not_disturb_each_other():
    engine = scripted_engine(FOREVER)
    prompts = [" a", " b", " c a"]
    alone = [facts(engine.generate(prompt, max_steps=6)) for prompt in prompts]
    streams = [engine.stream(prompt, max_steps=6) for prompt in prompts]
    for _ in range(30):
        for stream in streams:
            next(stream, None)
    assert [facts(stream.result) for stream in streams] == alone


def test_a_fidelity_study_needs_prompts_and_rules_alone():
    engine = scripted_engine(CROSSED)
    found = engine.fidelity(
        ["P"], rules=[{"superposition": "path"}, {"superposition": "uniform"}], depths=(2,)
    )
    (context,) = found.contexts
    assert [(cell.rule, round(figures.kl, 4)) for cell, figures in context.figures.items()] == [
        ("path", 0.0428),
        ("uniform", 0.14),
    ]


def test_a_study_whose_words_are_wrong_is_refused():
    engine = scripted_engine(CROSSED)
    with pytest.raises(InvalidValueError, match="a rule cannot set 'max_steps'"):
        engine.fidelity(["P"], rules=[{"max_steps": 3}])
    with pytest.raises(InvalidValueError, match="the prompt is empty"):
        engine.fidelity([" "])
    with pytest.raises(InvalidValueError, match="depth is 0"):
        engine.fidelity(["P"], depths=(0,))
