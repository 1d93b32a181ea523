import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

from tempo.application.decoding.rescoring import Rescore
from tempo.application.studies.comparison.grading import Grade
from tempo.domain.errors import ModelError, PromptError
from tempo.infrastructure.container import Container
from tempo.infrastructure.huggingface.grader import TransformersGrader, loaded_grader
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.infrastructure.huggingface import tiny_tokenizers as tiny

TEXTS = (
    "",
    "ox",
    " the",
    " the fox",
    ", over there",
    "s",
    "é «who»?\n",
    " in the garden: the park",
)
texts = st.lists(st.sampled_from(TEXTS), max_size=11)
CHARACTERS = tiny.sentence_piece(prefix=True)
BYTES = tiny.byte_level()


def grader(tokenizer, name="llama", context=64):
    model = random_model("llama", len(tokenizer), seed=4, context=context)
    return TransformersGrader(model, tokenizer, name)


LLAMA, OTHER = grader(BYTES), grader(CHARACTERS)


def by_hand(found, tokenizer, prompt, text):
    """One token at a time, each from a pass of its own over all before it."""
    alone, whole = tokenizer(prompt)["input_ids"], tokenizer(prompt + text)["input_ids"]
    pairs = enumerate(zip(alone, whole, strict=False))
    first = next((place for place, pair in pairs if len(set(pair)) > 1), len(alone))
    if not first:
        whole, first = [tokenizer.bos_token_id, *whole], 1
    scores = []
    for place in range(first, len(whole)):
        with torch.inference_mode():
            row = found._model(torch.tensor([whole[:place]])).logits[0, -1]
        scores.append(float(row.log_softmax(-1)[whole[place]]))
    return scores


@settings(max_examples=15)
@given(st.sampled_from(["Once upon a time", "The f", "The fox "]), texts)
def test_a_grade_is_the_sum_over_the_texts_tokens_whatever_is_graded_beside_it(prompt, asked):
    for found, tokenizer in ((LLAMA, BYTES), (OTHER, CHARACTERS)):
        grades = found.grade(prompt, asked)
        assert len(grades) == len(asked)
        for text, grade in zip(asked, grades, strict=True):
            if not text:
                assert grade == Grade(0.0, 0)
                continue
            expected = by_hand(found, tokenizer, prompt, text)
            assert grade.tokens == len(expected) > 0
            assert grade.log_probability == pytest.approx(math.fsum(expected), abs=1e-3)


def test_another_vocabulary_reads_the_same_text_in_other_tokens():
    (one,), (other,) = (found.grade("The fox", [" in the garden"]) for found in (LLAMA, OTHER))
    assert one.tokens != other.tokens


def test_positions_need_not_be_rotary_and_without_a_prompt_a_text_begins_itself():
    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=len(BYTES), n_embd=32, n_layer=2, n_head=2, n_positions=32)
    ).eval()
    found = TransformersGrader(model, BYTES, "gpt2")
    for prompt in ("The", ""):
        (grade,) = found.grade(prompt, [" fox"])
        expected = by_hand(found, BYTES, prompt, " fox")
        assert grade.log_probability == pytest.approx(math.fsum(expected))
        assert grade.tokens == len(expected)


def test_a_text_that_nothing_can_stand_before_is_refused():
    bare = tiny.byte_level()
    bare.bos_token = bare.eos_token = None
    found = TransformersGrader(random_model("llama", len(bare), seed=4), bare, "bare")
    assert found.grade("The", [" fox"])[0].tokens > 0
    assert found.grade("", [""]) == [Grade(0.0, 0)]
    with pytest.raises(PromptError, match="bare has no token that begins a text; give a longer"):
        found.grade("", [" fox"])


def test_what_does_not_fit_the_graders_context_is_refused_in_a_sentence():
    small = grader(BYTES, "small", context=5)
    with pytest.raises(PromptError) as caught:
        small.grade("The fox", [" in the garden", ""])
    assert "tokens of the grader small, whose context has 5; give shorter ones" in str(caught.value)


def test_a_grader_that_gives_nan_is_refused():
    broken = random_model("llama", len(BYTES), seed=4)
    with torch.no_grad():
        broken.lm_head.weight.fill_(math.nan)
    with pytest.raises(ModelError, match="the grader broken gives a text no finite"):
        TransformersGrader(broken, BYTES, "broken").grade("The", [" fox"])


def test_the_model_that_wrote_a_text_grades_it_as_it_scores_it():
    """The embedded model's own tokens, scored through the engine's port."""
    found = loaded_grader("embedded", "cpu")
    assert found.name == "embedded"
    container = Container()
    prompt, whole = map(
        container.tokenizer().encode, ("Once upon a time", "Once upon a time there was a little")
    )
    (expected,) = Rescore(container.backend()).run(prompt, [whole[len(prompt) :]])
    (grade,) = found.grade("Once upon a time", [" there was a little"])
    assert grade.tokens == len(whole) - len(prompt)
    assert grade.log_probability == pytest.approx(expected, abs=1e-3)


def test_a_token_that_holds_the_prompts_end_and_the_texts_beginning_is_scored():
    assert "fox" in CHARACTERS.convert_ids_to_tokens(CHARACTERS("The fox")["input_ids"])
    (grade,) = OTHER.grade("The f", ["ox"])
    assert grade.tokens == 1
    assert grade == OTHER.grade("The ", ["fox"])[0]
