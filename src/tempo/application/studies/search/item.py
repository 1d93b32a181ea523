"""One task of a study of search: a model, a prompt, and what its text must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.ports.verifier import Verifier
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True, eq=False)
class SearchItem:
    """A prompt for a model, and what judges its text: 1 is a success.

    Attributes:
        number: its place among the study's.
        asked: what the text must be, in words.
        prompt: in text.
        prompt_ids: its tokens.
        verifier: what values texts, 1 only for those that are as asked.
        backend: the model.
        tokenizer: its tokenizer.
    """

    number: int
    asked: str
    prompt: str
    prompt_ids: tuple[TokenId, ...]
    verifier: Verifier
    backend: ModelBackend
    tokenizer: Tokenizer
