"""Tokens as bytes, over the kinds of tokenizers that models have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.huggingface.tokenizer import HuggingFaceTokenizer
from tests.infrastructure.huggingface import tiny_tokenizers as tiny

ANY_TEXT = [
    "the fox",
    " the fox",
    "   three spaces, and two after  ",
    "line\n\nline\r\n\ttab",
    "[the/park] [[x]] \\[",
    "👩‍🚀 and 🦊, wörld — 漢字",
    "<think>the fox",
    "x",
]
PLAIN_TEXT = ["the fox", " over there", "two  spaces", "[in the garden]: who?", "line\n\nline"]


def tokenizer_of(fast, *end_tokens):
    return HuggingFaceTokenizer(fast, end_tokens)


def joined(tokenizer, text):
    return b"".join(map(tokenizer.content, tokenizer.encode(text)))


@pytest.fixture(scope="module")
def byte_level():
    return tokenizer_of(tiny.byte_level())


@pytest.fixture(scope="module")
def gemma_like():
    return tokenizer_of(tiny.sentence_piece(prefix=False))


@pytest.mark.parametrize("text", ANY_TEXT)
def test_byte_level_tokens_join_to_the_text(byte_level, text):
    assert joined(byte_level, text) == text.encode()


@pytest.mark.parametrize("text", ANY_TEXT)
def test_sentence_pieces_join_to_the_text(gemma_like, text):
    assert joined(gemma_like, text) == text.encode()


@given(text=st.text(max_size=30))
def test_any_text_comes_back_from_byte_level_tokens(byte_level, text):
    assert joined(byte_level, text) == text.encode()


@given(text=st.text(max_size=30).filter(lambda text: "▁" not in text))
def test_any_text_comes_back_from_sentence_pieces(gemma_like, text):
    assert joined(gemma_like, text) == text.encode()


@pytest.mark.parametrize("text", ["the fox", " the fox", "🦊\n[the/fox]"])
def test_a_prefix_that_the_tokenizer_puts_first_is_its_own_space(text):
    """Llama 2 writes a space before a text; a continuation's first word needs it."""
    tokenizer = tokenizer_of(tiny.sentence_piece(prefix=True))
    assert joined(tokenizer, text) == b" " + text.encode()


def test_a_special_token_written_out_in_a_prompt_becomes_that_token(byte_level):
    fast = tiny.byte_level()
    assert byte_level.encode("the fox<|end|>")[-1] == fast.convert_tokens_to_ids("<|end|>")


@pytest.mark.parametrize("text", PLAIN_TEXT)
def test_metaspace_words_join_to_the_text(text):
    assert joined(tokenizer_of(tiny.metaspace("never")), text) == text.encode()


@pytest.mark.parametrize("scheme", ["first", "always"])
def test_metaspace_words_with_a_prefix_keep_it(scheme):
    assert joined(tokenizer_of(tiny.metaspace(scheme)), "the fox") == b" the fox"


def test_an_emoji_is_split_over_tokens_and_no_token_is_text_by_itself(byte_level, gemma_like):
    for tokenizer in (byte_level, gemma_like):
        tokens = tokenizer.encode("🦊")
        contents = [tokenizer.content(token) for token in tokens]
        assert len(contents) == 4
        assert contents == [bytes([byte]) for byte in "🦊".encode()]


def test_a_token_keeps_the_space_that_it_begins_with(byte_level, gemma_like):
    for tokenizer in (byte_level, gemma_like):
        assert tokenizer.content(tokenizer.encode("fox the")[-1]) == b" the"


def test_other_tokenizers_spell_by_decoding():
    fast = tiny.words()
    tokenizer = tokenizer_of(fast)
    assert [tokenizer.content(token) for token in tokenizer.encode("the park")] == [
        b"the",
        b"park",
    ]


KINDS = {
    "byte level": tiny.byte_level,
    "sentence pieces": lambda: tiny.sentence_piece(prefix=False),
    "metaspace": lambda: tiny.metaspace("never"),
    "words": tiny.words,
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@every_kind
@pytest.mark.parametrize("special", ["<|begin|>", "<|end|>", "<|header|>"])
def test_special_tokens_have_no_bytes_whether_or_not_they_have_a_role(kind, special):
    fast = kind()
    assert tokenizer_of(fast).content(fast.convert_tokens_to_ids(special)) == b""


@every_kind
def test_added_tokens_that_are_not_special_are_text(kind):
    fast = kind()
    assert tokenizer_of(fast).content(fast.convert_tokens_to_ids("<think>")) == b"<think>"


@every_kind
def test_ids_past_the_vocabulary_have_no_bytes(kind):
    """Embeddings are often padded: the model can propose what the tokenizer does not know."""
    fast = kind()
    assert tokenizer_of(fast).content(len(fast) + 17) == b""


@every_kind
def test_a_models_end_token_has_no_bytes(kind):
    fast = kind()
    text = next(token for token in range(len(fast)) if tokenizer_of(fast).content(token))
    assert tokenizer_of(fast, text).content(text) == b""


def test_end_tokens_are_the_models_and_the_tokenizers():
    fast = tiny.byte_level()
    own = fast.convert_tokens_to_ids("<|end|>")
    assert tokenizer_of(fast, 7, 9).end_tokens == {7, 9, own}


def test_a_tokenizer_without_an_end_token_leaves_the_models():
    fast = tiny.byte_level()
    fast.eos_token = None
    assert tokenizer_of(fast, 7).end_tokens == {7}
    assert tokenizer_of(fast).end_tokens == frozenset()


def test_a_begin_token_is_there_where_the_tokenizer_adds_one():
    from tokenizers import processors

    fast = tiny.byte_level()
    begin = fast.convert_tokens_to_ids("<|begin|>")
    plain = tokenizer_of(fast).encode("the fox")
    fast.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin|> $A", special_tokens=[("<|begin|>", begin)]
    )
    assert tokenizer_of(fast).encode("the fox") == (begin, *plain)
    assert joined(tokenizer_of(fast), "the fox") == b"the fox"


def test_a_chat_is_rendered_with_the_assistants_header_and_one_begin_token():
    from tokenizers import processors

    fast = tiny.byte_level(tiny.CHAT_TEMPLATE)
    begin, end, header = map(fast.convert_tokens_to_ids, ("<|begin|>", "<|end|>", "<|header|>"))
    plain = tokenizer_of(fast).encode
    fast.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin|> $A", special_tokens=[("<|begin|>", begin)]
    )
    turns = [("system", "the park"), ("user", "the fox")]
    assert tokenizer_of(fast).encode_chat(turns) == (
        begin,
        *(header, *plain("system\n\nthe park")[1:], end),
        *(header, *plain("user\n\nthe fox")[1:], end),
        *(header, *plain("assistant\n\n")[1:]),
    )


def test_a_model_without_a_chat_template_refuses_a_chat_and_says_what_to_do():
    with pytest.raises(InvalidValueError) as refused:
        tokenizer_of(tiny.byte_level()).encode_chat([("user", "the fox")])
    assert str(refused.value) == (
        "this model has no chat template; "
        "leave out the system prompt, chat and thinking, or choose a chat model"
    )
