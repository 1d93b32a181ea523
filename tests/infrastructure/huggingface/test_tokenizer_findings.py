"""Tokenizers that lack something, or that are not the model's."""

import pytest

import tempo
from tempo.application.diagnosis.finding import Finding, Standing
from tempo.domain.errors import InvalidValueError, PromptError, UnsupportedModelError
from tempo.infrastructure.huggingface import tokenizer_findings
from tempo.infrastructure.huggingface.loading import load
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.huggingface.tokenizer_findings import findings_of
from tests.infrastructure.huggingface.tiny_tokenizers import CHAT_TEMPLATE, byte_level

COUNT = len(byte_level())


def model_of(vocabulary=COUNT, end=1, begin=0):
    model = random_model("llama", vocabulary, seed=4)
    model.generation_config.eos_token_id = end
    model.config.eos_token_id = end
    model.config.bos_token_id = begin
    return model


def found(tokenizer=None, **model):
    findings = findings_of(tokenizer or byte_level(CHAT_TEMPLATE), model_of(**model))
    return {finding.subject: finding for finding in findings}


@pytest.fixture
def saved(tmp_path):
    def save(tokenizer, model):
        model.save_pretrained(tmp_path)
        tokenizer.save_pretrained(tmp_path)
        return tmp_path

    return save


@pytest.fixture
def noted(monkeypatch):
    """What is logged as a warning while a model is loaded."""
    notes = []

    class Log:
        def warning(self, event, **facts):
            notes.append((event, facts["about"], facts["found"], facts["fix"]))

    monkeypatch.setattr(tokenizer_findings, "events", Log)
    return notes


def test_a_tokenizer_that_fits_is_told_as_such():
    findings = found()
    assert {finding.standing for finding in findings.values()} == {Standing.OK}
    assert findings["vocabulary"].found == f"{COUNT} tokens of the {COUNT} that the model knows"
    assert (findings["end token"].found, findings["begin token"].found) == ("1", "0")


def test_a_padded_vocabulary_of_the_model_is_no_finding():
    assert found(vocabulary=COUNT + 20)["vocabulary"].standing is Standing.OK


# No end -----------------------------------------------------------------------------------------


def test_without_an_end_token_texts_go_on_and_that_is_said_at_load(saved, noted):
    tokenizer = byte_level()
    tokenizer.eos_token = None
    folder = saved(tokenizer, model_of(end=None))
    engine = tempo.load(folder, device="cpu", check=False)
    ((event, about, told, fix),) = noted
    assert (event, about) == ("tokenizer.note", "end token")
    assert told == "neither the tokenizer nor the model names one: texts go on to max_steps"
    assert "--stop" in fix
    result = engine.generate("the fox", max_steps=30)
    assert (len(result.lattice), result.finish_reason) == (30, "max_steps")


def test_an_end_token_that_the_model_does_not_know_is_told():
    finding = found(end=COUNT + 5, vocabulary=COUNT)["end token"]
    assert finding.standing is Standing.NOTE
    assert finding.found.startswith(f"token {COUNT + 5} is none of the {COUNT} that the model")


def test_end_tokens_that_differ_both_end_a_text_and_that_is_told(saved, noted):
    finding = found(end=[7, 9])["end token"]
    assert finding.found == "the tokenizer's is 1, the model's 7, 9: each ends a text"
    folder = saved(byte_level(), model_of(end=[7, 9]))
    engine = tempo.load(folder, device="cpu", check=False)
    assert engine.container.tokenizer().end_tokens == {1, 7, 9}
    assert noted == []


# Another vocabulary -----------------------------------------------------------------------------


def test_a_tokenizer_of_another_model_is_refused_at_load(saved):
    folder = saved(byte_level(), model_of(vocabulary=100))
    with pytest.raises(UnsupportedModelError) as refused:
        load(str(folder), device="cpu")
    assert str(refused.value) == (
        f"{folder} has a tokenizer of another model: the tokenizer has {COUNT} tokens, and the "
        "model knows 100; load the tokenizer that belongs to the model"
    )


def test_an_added_token_that_the_model_does_not_know_is_kept_out_of_prompts(saved, noted):
    tokenizer = byte_level()
    tokenizer.add_special_tokens({"pad_token": "<pad>"})
    folder = saved(tokenizer, model_of())
    engine = tempo.load(folder, device="cpu", check=False)
    ((_, about, told, _),) = noted
    assert about == "vocabulary"
    assert told.endswith("<pad> were added")
    assert engine.generate("the fox", max_steps=2).best_path_ids
    with pytest.raises(PromptError) as refused:
        engine.generate("the <pad> fox", max_steps=2)
    assert str(refused.value).startswith(
        f"the prompt holds '<pad>', token {COUNT} of the tokenizer, and the model knows tokens 0 "
        f"to {COUNT - 1} alone"
    )


def test_begin_tokens_that_differ_are_told():
    finding = found(begin=5)["begin token"]
    assert (
        finding.found == "the tokenizer's is 0, the model's 5: prompts begin as the tokenizer says"
    )


# Templates --------------------------------------------------------------------------------------


def test_a_missing_template_is_told_with_what_it_takes_away():
    finding = found(byte_level())["chat template"]
    assert (finding.standing, finding.found) == (
        Standing.NOTE,
        "there is none: no system prompt, chat or thinking",
    )


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ raise_exception('System role not supported') }}", "System role not supported"),
        ("{{ messages[7]['role'] }}", "UndefinedError"),
        ("{% for %}", "TemplateSyntaxError"),
    ],
)
def test_a_template_that_refuses_a_chat_is_one_sentence(template, why):
    from tempo.infrastructure.huggingface.tokenizer import HuggingFaceTokenizer

    tokenizer = HuggingFaceTokenizer(byte_level(template), ())
    with pytest.raises(InvalidValueError) as refused:
        tokenizer.encode_chat([("system", "Be brief."), ("user", "Hi")])
    sentence = str(refused.value)
    assert sentence.startswith("this model's chat template refuses the turns system, user: ")
    assert "\n" not in sentence
    if why.startswith("System"):
        assert why in sentence
    assert "leave out the system prompt" in sentence


def test_a_finding_that_is_no_good_needs_a_fix():
    with pytest.raises(InvalidValueError):
        Finding("disk", "full", Standing.FAILED)
    with pytest.raises(InvalidValueError):
        Finding("disk", "empty", fix="buy more")
