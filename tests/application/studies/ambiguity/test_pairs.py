"""Two continuations as tokens, and the deal of the control."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.ambiguity.pairs import deal, pairs_of
from tempo.application.studies.ambiguity.plan import Injection
from tempo.domain.errors import InvalidValueError
from tests.application.studies.ambiguity.contexts import (
    ITEMS,
    PAIRS,
    WORDS,
    item,
    pair,
    study,
    tokens,
)


def test_items_are_taken_apart_into_tokens():
    assert pairs_of(ITEMS, WORDS) == PAIRS


def test_ways_end_where_their_tokens_meet():
    (found,) = pairs_of([item(one=" a c x d", other=" b d x c")], WORDS)
    assert found.ways == (tokens(" a c"), tokens(" b d"))


class Split:
    """Reads ` a` as two tokens."""

    def encode(self, text):
        return WORDS.encode(text.replace(" a", " x y"))


class Joining:
    """Reads a prompt and what follows it as other tokens than the prompt by itself."""

    def encode(self, text):
        return WORDS.encode(text.replace("P ", "Q "))


@pytest.mark.parametrize("tokenizer", [Split(), Joining()])
def test_words_that_are_not_one_token_behind_the_prompt_are_left_out(tokenizer):
    assert pairs_of([item()], tokenizer) == ()


def test_words_that_do_not_differ_are_left_out():
    assert pairs_of([item(one=" a c", other=" a d")], WORDS) == ()


def test_a_study_without_any_context_is_refused():
    with pytest.raises(InvalidValueError, match="none of 1 contexts can be injected"):
        study().pairs([item(one=" a c", other=" a d")])


def test_sets_hold_both_ways_or_what_they_share():
    one, (a, b, s) = pair(), tokens(" a b s")
    assert one.sets(Injection.APART) == tuple(zip(*one.ways, strict=True))
    assert one.sets(Injection.REJOINED) == ((a, b), (s,))
    assert one.sequences(Injection.REJOINED) == ((a, s), (b, s))


@given(st.permutations(range(4)))
def test_every_context_is_dealt_words_that_are_not_its_own(order):
    pairs = (*PAIRS, pair("P", " a x", " b y"), pair("Q", " e x", " f y"))
    for mine, dealt in zip(pairs, deal(pairs, order), strict=True):
        assert not set(mine.words) & set(dealt.words)
        assert (dealt.text, dealt.prompt, dealt.shared) == (mine.text, mine.prompt, mine.shared)
