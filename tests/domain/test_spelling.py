import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.spelling import spelled, unspelled
from tests.strategies import contents


@given(contents | st.text().map(str.encode) | st.binary())
def test_what_is_spelled_reads_back_byte_for_byte(content):
    text = spelled(content)
    assert unspelled(text) == content
    assert text.isprintable()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b" park", " park"),
        ("é ☃".encode(), "é ☃"),
        (b"\xe2\x82", r"\xe2\x82"),
        (b"a\n\r\tb", r"a\n\r\tb"),
        (b"\\n", r"\\n"),
        (b"\x00\x7f", r"\x00\x7f"),
        ("\u2028".encode(), r"\xe2\x80\xa8"),
        (b'"[/]<', '"[/]<'),
        (b"", ""),
    ],
)
def test_text_stands_for_itself_and_all_else_is_escaped(content, text):
    assert spelled(content) == text


@pytest.mark.parametrize("text", ["\\", r"a\q", r"\x", r"\xE2", r"\\\ "])
def test_a_lone_backslash_is_refused(text):
    with pytest.raises(InvalidValueError, match="has a lone backslash at byte"):
        unspelled(text)
