"""transformers tokenizers behind the port: every token as its bytes."""

from __future__ import annotations

import json
import re
from functools import cache, cached_property
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError, PromptError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.huggingface.fingerprint import tokenizer_fingerprint
from tempo.infrastructure.huggingface.loading_failures import gist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from transformers import PreTrainedTokenizerBase

BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
WORD_START = "\u2581"


class HuggingFaceTokenizer:
    """A tokenizer whose tokens were taken apart into bytes once."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        end_tokens: Iterable[int],
        vocabulary: int | None = None,
    ) -> None:
        """Wrap a tokenizer; `end_tokens` are the model's, the tokenizer's own joins them.

        `vocabulary` is how many tokens the model knows, None if that is not to be checked.
        """
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        own = () if tokenizer.eos_token_id is None else (tokenizer.eos_token_id,)
        self._end_tokens = _tokens((*end_tokens, *own))
        flagged = (
            number for number, token in tokenizer.added_tokens_decoder.items() if token.special
        )
        self._special = frozenset((*tokenizer.all_special_ids, *flagged))
        self._spell = _speller(tokenizer)
        self._contents: dict[TokenId, bytes] = {}

    @classmethod
    def ending_in(
        cls, tokenizer: PreTrainedTokenizerBase, end_tokens: Iterable[int]
    ) -> HuggingFaceTokenizer:
        """Wrap a tokenizer where these tokens alone end a text, whatever its own is."""
        wrapped = cls(tokenizer, end_tokens)
        wrapped._end_tokens = _tokens(end_tokens)
        return wrapped

    @property
    def end_tokens(self) -> frozenset[TokenId]:
        """The tokens that end a text."""
        return self._end_tokens

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the vocabulary; read once, when it is first asked for."""
        return tokenizer_fingerprint(self._tokenizer)

    def encode(self, text: str) -> tuple[TokenId, ...]:
        """Return a prompt's tokens, with the begin token where the tokenizer adds one.

        Raises:
            PromptError: for a token that the model does not know.
        """
        return self._known(self._tokenizer(text, verbose=False)["input_ids"])

    def encode_chat(self, messages: Sequence[tuple[str, str]]) -> tuple[TokenId, ...]:
        """Return the tokens of (role, text) turns and of the header of the assistant's turn.

        Raises:
            InvalidValueError: if the model has no chat template, or one that refuses the turns.
            PromptError: for a token that the model does not know.
        """
        if not self._tokenizer.chat_template:
            message = (
                "this model has no chat template; "
                "leave out the system prompt, chat and thinking, or choose a chat model"
            )
            raise InvalidValueError(message)
        turns = [{"role": role, "content": text} for role, text in messages]
        text = self._rendered(turns)
        return self._known(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _rendered(self, turns: list[dict[str, str]]) -> str:
        """Return a chat as the model's template has it."""
        try:
            return str(
                self._tokenizer.apply_chat_template(
                    turns, tokenize=False, add_generation_prompt=True
                )
            )
        except Exception as error:  # why: a template is a program that may raise anything
            roles = ", ".join(turn["role"] for turn in turns)
            message = (
                f"this model's chat template refuses the turns {roles}: {gist(error)}; leave out "
                "the system prompt and thinking, or write the chat out as a prompt"
            )
            raise InvalidValueError(message) from error

    def _known(self, ids: Sequence[int]) -> tuple[TokenId, ...]:
        """Return tokens, all of which the model knows."""
        known = self._vocabulary or max(ids, default=0) + 1
        unknown = [one for one in ids if one >= known]
        if unknown:
            piece = self._tokenizer.convert_ids_to_tokens(unknown[0])
            message = (
                f"the prompt holds {piece!r}, token {unknown[0]} of the tokenizer, and the model "
                f"knows tokens 0 to {known - 1} alone; take it out, or load the model's "
                "own tokenizer"
            )
            raise PromptError(message)
        return tuple(map(TokenId, ids))

    def content(self, token_id: TokenId) -> bytes:
        """Return a token's bytes; special tokens have none."""
        found = self._contents.get(token_id)
        if found is None:
            special = token_id in self._special or token_id in self._end_tokens
            found = b"" if special else self._spell(token_id)
            self._contents[token_id] = found
        return found


def _tokens(numbers: Iterable[int]) -> frozenset[TokenId]:
    return frozenset(TokenId(int(number)) for number in numbers)


def _speller(tokenizer: PreTrainedTokenizerBase) -> Callable[[int], bytes]:
    """Return the rule that spells this tokenizer's tokens as bytes."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoders = _decoder_types(json.loads(backend.to_str())["decoder"]) if backend else frozenset()
    added = {number: token.content for number, token in tokenizer.added_tokens_decoder.items()}
    if "ByteLevel" in decoders:
        return lambda token: _byte_level(_piece(tokenizer, token), added.get(token))
    if decoders & {"Replace", "Metaspace", "ByteFallback"}:
        return lambda token: _sentence_piece(_piece(tokenizer, token), added.get(token))
    return lambda token: str(tokenizer.decode([token])).encode()


def _decoder_types(decoder: Mapping[str, object] | None) -> frozenset[str]:
    """Return the types of a decoder and of the decoders that it is a sequence of."""
    if decoder is None:
        return frozenset()
    inner = decoder.get("decoders")
    nested = inner if isinstance(inner, list) else []
    return frozenset({str(decoder["type"])}).union(*map(_decoder_types, nested))


def _piece(tokenizer: PreTrainedTokenizerBase, token: int) -> str | None:
    """Return a token as the vocabulary spells it; None past its end (padded embeddings)."""
    piece = tokenizer.convert_ids_to_tokens(token)
    return piece if isinstance(piece, str) else None


def _byte_level(piece: str | None, added: str | None) -> bytes:
    if piece is None or added is not None:
        return (added or "").encode()
    table = _byte_of_character()
    return bytes(table[character] for character in piece)


def _sentence_piece(piece: str | None, added: str | None) -> bytes:
    if piece is None or added is not None:
        return (added or "").encode()
    byte = BYTE_TOKEN.fullmatch(piece)
    return bytes.fromhex(byte[1]) if byte else piece.replace(WORD_START, " ").encode()


@cache
def _byte_of_character() -> dict[str, int]:
    """Return the byte that each character of a byte-level vocabulary stands for.

    The mapping of Radford et al. (2019): printable Latin-1 bytes stand for themselves, the others
    for the characters from U+0100 on, in order.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    return table | {chr(0x100 + index): byte for index, byte in enumerate(others)}
