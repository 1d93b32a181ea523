import math
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from tempo.application.studies.comparison.diversity import (
    compression_ratio,
    distinct,
    equal_length,
    repetition,
    require_sacrebleu,
    self_bleu,
    words_of,
)
from tempo.domain.errors import InvalidValueError
from tests.strategies import word_lists

texts = st.lists(word_lists, max_size=5)


def test_words_are_runs_of_letters_marks_and_single_characters_where_nothing_parts_words():
    assert words_of("Don't go_on, Zoë! 3rd\n") == (
        "Don", "'", "t", "go_on", ",", "Zoë", "!", "3rd"
    )  # fmt: skip
    assert words_of("猫がいるcat") == ("猫", "が", "い", "る", "cat")
    assert words_of(" \n") == ()


@given(st.text())
def test_words_hold_everything_but_white_space(text):
    assert "".join(words_of(text)) == "".join(text.split())


@given(texts, st.integers(1, 4))
def test_distinct_and_repetition_are_shares(found, size):
    for value in (distinct(found, size), repetition(found, size)):
        assert math.isnan(value) or 0.0 <= value <= 1.0


def test_distinct_counts_the_runs_of_all_texts_together():
    found = [("a", "b", "a"), ("a", "b")]
    assert distinct(found, 1) == 2 / 5
    assert distinct(found, 2) == 2 / 3  # a b, b a, a b
    assert math.isnan(distinct(found, 4))


def test_repetition_is_within_a_text_alone():
    once = tuple("abcde")
    assert repetition([once, once]) == 0.0
    assert repetition([tuple("abcdabcd")]) == pytest.approx(1 / 5)
    assert repetition([tuple("aaaaaaaa"), once, ("a",)]) == pytest.approx((4 / 5 + 0) / 2)
    assert math.isnan(repetition([("a", "b", "c")]))


@given(word_lists, st.integers(2, 4))
def test_identical_texts_have_a_self_bleu_of_a_hundred(words, count):
    assume(words)
    assert self_bleu([words] * count) == pytest.approx(100.0)


@given(texts)
def test_self_bleu_is_between_nothing_and_a_hundred_whatever_the_order(found):
    value = self_bleu(found)
    if sum(map(bool, found)) < 2:
        assert math.isnan(value)
    else:
        assert 0.0 <= value <= 100.0
        assert self_bleu(found[::-1]) == pytest.approx(value)


@given(texts)
def test_self_bleu_is_sacrebleus(found):
    """Each text against all others, by the library's own call."""
    lines = [" ".join(words) for words in found if words]
    assume(len(lines) > 1)
    bleu = BLEU(tokenize="none", effective_order=True)
    expected = [
        bleu.sentence_score(line, lines[:number] + lines[number + 1 :]).score
        for number, line in enumerate(lines)
    ]
    assert self_bleu(found) == pytest.approx(sum(expected) / len(lines))


def test_without_sacrebleu_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(InvalidValueError) as caught:
        require_sacrebleu()
    assert str(caught.value) == ("self-BLEU needs sacrebleu: pip install 'tempo-decoding[compare]'")


def test_texts_that_say_the_same_compress_better():
    one = words_of("Lily and her grandmother walked slowly through the park.")
    other = words_of("An old king opened that door, but nobody knew what stood behind it!")
    assert compression_ratio([one, one, one]) > compression_ratio([one, other, one[::-1]])
    assert math.isnan(compression_ratio([(), ()]))


@given(texts, st.integers(1, 6))
def test_the_compared_length_is_one_that_every_text_of_the_least_length_has(found, shortest):
    length = equal_length(found, shortest)
    assert length >= shortest
    assert all(len(words) >= length for words in found if len(words) >= shortest)
    assert length == shortest or length in map(len, found)
