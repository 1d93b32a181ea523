import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.comparison.answers import gives, gives_normalised, normalised
from tests.strategies import answers


def test_normalising_is_what_squads_evaluation_does():
    """Lower case, no punctuation, no articles, single spaces; articles only as whole words."""
    assert normalised(" The  big, RED dog's\tan-them; a theatre\n") == "big red dogs anthem theatre"


@given(answers)
def test_a_normalised_text_is_already_normal(text):
    once = normalised(text)
    assert normalised(once) == once


@pytest.mark.parametrize(
    ("text", "reference", "begins", "equals"),
    [
        (" park", "park", True, True),
        ("park. Lily ran", "park", True, False),
        ("parking lot", "park", False, False),
        ("the park", "park", False, False),
        ("Park", "park", False, False),
        ("42", "4", False, False),
        ("4, 2", "4", True, False),
        ("anything", "", False, False),
        ("", "", True, True),
        ('"No!" she said', '"No!"', True, False),
    ],
)
def test_a_text_gives_its_beginning_up_to_the_end_of_a_word(text, reference, begins, equals):
    assert gives(text, [reference], whole=False) is begins
    assert gives(text, [reference], whole=True) is equals


def test_normalised_a_text_gives_it_without_articles_case_and_marks():
    assert gives_normalised("The PARK! Then", ["the park"], whole=False)
    assert not gives_normalised("The PARK! Then", ["the park"], whole=True)
    assert gives_normalised("The PARK!", ["a park"], whole=True)
    assert not gives_normalised("Something else", ["the"], whole=False)


@given(answers, answers, st.booleans())
def test_what_gives_a_reference_letter_by_letter_gives_it_normalised(text, reference, whole):
    assert gives_normalised(text, [reference], whole=whole) >= gives(text, [reference], whole=whole)
    for long in (f"{reference}.{text}", f"{reference} {text}"):
        if gives(long, [reference], whole=whole):
            assert gives_normalised(long, [reference], whole=whole)


def test_one_of_several_references_is_enough_and_none_gives_nothing():
    assert gives("garden", ["park", "garden"], whole=True)
    assert not gives("garden", [], whole=False)
