import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.infrastructure.plotting.runs.token_label import (
    LONGEST,
    drawable,
    shortened,
    spelled,
    token_label,
)
from tests.strategies import candidate


@given(st.text())
def test_spelled_text_stands_on_one_line_and_holds_nothing_that_cannot_be_seen(text):
    shown = spelled(text)
    assert len(shown.splitlines()) <= 1
    assert shown.isprintable()
    assert " " not in shown


@given(st.text())
def test_a_drawable_text_has_only_characters_of_the_font(text):
    shown = drawable(spelled(text))
    assert drawable(shown) == shown
    assert all(ord(one) < 0x10000 or not one.isalpha() for one in shown)


@given(st.binary(max_size=12))
def test_any_token_has_a_label_of_at_most_so_many_characters(content):
    assert 0 < len(token_label(candidate(0, content))) <= LONGEST


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (" fox", "\u2423fox"),
        ("\n\n", "\\n\\n"),
        ("\t\r", "\\t\\r"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("\u200b", "\\u200b"),
        ("\u00a0", "\\xa0"),
        ("\U0001f98a", "U+1F98A"),
        ("$x^2$", "$x^2$"),
        ("\u05e9\u05dc", "\u05e9\u05dc"),
        ("", "<end>"),
        ("a_very_long_token", "a_very_long_t\u2026"),
    ],
)
def test_labels(text, label):
    assert token_label(candidate(0, text.encode())) == label


def test_a_text_that_fits_is_not_shortened():
    assert shortened("x" * LONGEST) == "x" * LONGEST
