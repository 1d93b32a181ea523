"""The two shapes of the API: texts, and turns of a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tempo.interfaces.http.openai.choices import Choice, SpelledToken

Document = dict[str, Any]


class TextShape:
    """Choices of `/v1/completions`."""

    prefix, kind, piece_kind = "cmpl", "text_completion", "text_completion"

    def __init__(self, echo: str = "") -> None:
        """Put a prompt before each text, where it is to be echoed."""
        self._echo = echo

    def whole(self, index: int, choice: Choice) -> Document:
        """Return a choice of an answer that comes at once."""
        return {
            "index": index,
            "text": self._echo + choice.text,
            "logprobs": _text_scores(choice, len(self._echo)),
            "finish_reason": choice.finish_reason,
        }

    def piece(self, index: int, text: str, choice: Choice | None) -> Document:
        """Return a piece of a choice."""
        scores = None if choice is None else _text_scores(choice, len(self._echo))
        return {"index": index, "text": text, "logprobs": scores, "finish_reason": None}

    def first(self, index: int) -> Document | None:
        """Return what opens a choice, None for nothing."""
        return self.piece(index, self._echo, None) if self._echo else None

    def end(self, index: int, choice: Choice) -> Document:
        """Return the last piece of a choice."""
        return {
            "index": index,
            "text": "",
            "logprobs": None,
            "finish_reason": choice.finish_reason,
        }


class ChatShape:
    """Choices of `/v1/chat/completions`."""

    prefix, kind, piece_kind = "chatcmpl", "chat.completion", "chat.completion.chunk"

    def whole(self, index: int, choice: Choice) -> Document:
        """Return a choice of an answer that comes at once."""
        return {
            "index": index,
            "message": {"role": "assistant", "content": choice.text, "refusal": None},
            "logprobs": _chat_scores(choice),
            "finish_reason": choice.finish_reason,
        }

    def piece(self, index: int, text: str, choice: Choice | None) -> Document:
        """Return a piece of a choice."""
        scores = None if choice is None else _chat_scores(choice)
        delta = {"content": text}
        return {"index": index, "delta": delta, "logprobs": scores, "finish_reason": None}

    def first(self, index: int) -> Document | None:
        """Return what opens a choice."""
        delta = {"role": "assistant", "content": ""}
        return {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}

    def end(self, index: int, choice: Choice) -> Document:
        """Return the last piece of a choice."""
        return {
            "index": index,
            "delta": {},
            "logprobs": None,
            "finish_reason": choice.finish_reason,
        }


def _text_scores(choice: Choice, offset: int) -> Document | None:
    if choice.spelled is None:
        return None
    offsets = []
    for token in choice.spelled:
        offsets.append(offset)
        offset += len(token.text)
    return {
        "tokens": [token.text for token in choice.spelled],
        "token_logprobs": [token.log_probability for token in choice.spelled],
        "top_logprobs": [
            {content.decode(errors="replace"): score for content, score in token.likely}
            for token in choice.spelled
        ],
        "text_offset": offsets,
    }


def _chat_scores(choice: Choice) -> Document | None:
    if choice.spelled is None:
        return None
    return {"content": [_chat_token(token) for token in choice.spelled], "refusal": None}


def _chat_token(token: SpelledToken) -> Document:
    likely = [_scored(content, score) for content, score in token.likely]
    return {**_scored(token.content, token.log_probability), "top_logprobs": likely}


def _scored(content: bytes, score: float) -> Document:
    return {
        "token": content.decode(errors="replace"),
        "logprob": score,
        "bytes": list(content),
    }
