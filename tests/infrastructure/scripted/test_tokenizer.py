import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer

SCRIPT = Script.of({"": {"a": 0.25, "ab": 0.25, "b": 0.25, " é": 0.15, END: 0.1}})
TOKENIZER = ScriptedTokenizer(SCRIPT)


@given(st.lists(st.sampled_from(["a", "ab", "b", " é"])).map("".join))
def test_a_text_comes_back_from_its_tokens(text):
    joined = b"".join(map(TOKENIZER.content, TOKENIZER.encode(text)))
    assert joined.decode() == text


def test_the_longest_token_is_taken():
    assert [SCRIPT.vocabulary[token] for token in TOKENIZER.encode("abaab")] == ["ab", "a", "ab"]


def test_the_end_token_has_no_bytes_and_no_spelling():
    (end,) = TOKENIZER.end_tokens
    assert TOKENIZER.content(end) == b""
    with pytest.raises(InvalidValueError, match="'<end>' starts with no token"):
        TOKENIZER.encode(END)


def test_what_no_token_spells_is_refused():
    with pytest.raises(InvalidValueError, match="'xyz' starts with no token of this script"):
        TOKENIZER.encode("abxyz")


def test_a_script_has_no_chat_template():
    with pytest.raises(InvalidValueError, match="no chat template for 1 messages"):
        TOKENIZER.encode_chat([("user", "a")])
