from dataclasses import dataclass, field

import pytest

from tempo.application.prompting import THINKING, Prompt, checked_ids
from tempo.domain.errors import InvalidValueError, PromptError
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer


@dataclass
class ListeningTokenizer:
    """Remembers what it was asked to encode."""

    heard: list = field(default_factory=list)

    def encode(self, text):
        self.heard.append(text)
        return (1, 2)

    def encode_chat(self, messages):
        self.heard.append(messages)
        return (3, 4)


def heard(prompt):
    tokenizer = ListeningTokenizer()
    ids = prompt.encoded(tokenizer)
    (said,) = tokenizer.heard
    return ids, said


def test_an_empty_prompt_is_refused():
    with pytest.raises(PromptError, match="the prompt is empty; give it some text"):
        Prompt("")


@pytest.mark.parametrize("text", ["é"])
def test_a_prompt_of_any_text_is_taken_as_it_is(text):
    assert heard(Prompt(text)) == ((1, 2), text)


def test_a_chat_prompt_is_one_turn_of_the_user():
    assert heard(Prompt("Hello", chat=True)) == ((3, 4), (("user", "Hello"),))


def test_naming_a_system_prompt_makes_a_chat():
    assert heard(Prompt("Hello", system="Be brief.")) == (
        (3, 4),
        (("system", "Be brief."), ("user", "Hello")),
    )


def test_the_thinking_mode_is_the_documents_system_message():
    assert THINKING == "Enable deep thinking subroutine."
    assert heard(Prompt("Hello", enable_thinking=True)) == (
        (3, 4),
        (("system", "Enable deep thinking subroutine."), ("user", "Hello")),
    )


def test_the_thinking_message_stands_before_the_system_prompt():
    prompt = Prompt("Hello", system="Be brief.", enable_thinking=True)
    assert prompt.messages == (
        ("system", "Enable deep thinking subroutine.\n\nBe brief."),
        ("user", "Hello"),
    )


def test_an_empty_system_prompt_makes_a_chat_without_a_system_turn():
    assert heard(Prompt("Hello", system="")) == ((3, 4), (("user", "Hello"),))


def test_a_chat_with_a_model_that_has_no_template_is_refused():
    tokenizer = ScriptedTokenizer(Script.of({"": {"a": 1.0}}))
    with pytest.raises(InvalidValueError, match="no chat template"):
        Prompt("a", chat=True).encoded(tokenizer)


@pytest.mark.parametrize("tokens", [(0,), (9, 0, 9), range(10)])
def test_tokens_of_the_vocabulary_are_a_prompt(tokens):
    assert checked_ids(tokens, vocabulary=10) == tuple(tokens)


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        ((), "the prompt holds no token; give tokens from 0 to 9"),
        ((3, 10), "the prompt holds token 10; give tokens from 0 to 9"),
        ((-1, 99), "the prompt holds token -1; give tokens from 0 to 9"),
    ],
)
def test_tokens_outside_the_vocabulary_are_refused(tokens, sentence):
    with pytest.raises(PromptError) as caught:
        checked_ids(tokens, vocabulary=10)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("prompt", [None, 5, 1.5, b"abc", [1.5], [[1, 2]], {"input_ids": 1}])
def test_what_is_neither_text_nor_tokens_is_no_prompt(prompt):
    with pytest.raises(PromptError) as caught:
        checked_ids(prompt, vocabulary=1000)
    assert str(caught.value) == f"the prompt is {prompt!r}; give text, or a sequence of token ids"


def test_several_texts_are_several_prompts():
    with pytest.raises(PromptError, match=r"\['a', 'b'\].*or several prompts to generate_many"):
        checked_ids(["a", "b"], vocabulary=1000)


def test_the_tokens_of_a_tensor_are_a_prompt():
    torch = pytest.importorskip("torch")
    assert checked_ids(torch.tensor([1, 2]), vocabulary=10) == (1, 2)
    with pytest.raises(PromptError, match="give text, or a sequence of token ids"):
        checked_ids(torch.tensor([[1, 2]]), vocabulary=10)


@pytest.mark.parametrize("blank", ["   ", "\n\n", "\t"])
def test_a_blank_prompt_is_an_empty_one(blank):
    with pytest.raises(PromptError, match="the prompt is empty"):
        Prompt(blank)


@pytest.mark.parametrize("part", ["text", "system"])
def test_a_prompt_that_is_no_utf_8_is_refused_by_one_sentence(part):
    with pytest.raises(PromptError, match="not UTF-8 text: surrogates not allowed at character 4"):
        Prompt(**{"text": "a", part: "abc \udcff"})
