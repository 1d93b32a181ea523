"""A result as the choices of a completion."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tempo.domain.stopping import FinishReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.token_scores import ScoredToken
    from tempo.domain.tokens import TokenId
    from tempo.interfaces.http.openai.schemas import SharedFields
    from tempo.interfaces.python.engine import Engine
    from tempo.interfaces.python.result import Result

Document = dict[str, Any]

ENDS = {FinishReason.END_OF_TEXT, FinishReason.STOP_STRING}


@dataclass(frozen=True, slots=True)
class SpelledToken:
    """A token of a choice with its bytes, and what else was likely."""

    content: bytes
    log_probability: float
    likely: tuple[tuple[bytes, float], ...]

    @property
    def text(self) -> str:
        """Its text."""
        return self.content.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Choice:
    """One text.

    Attributes:
        text: the text.
        is_finished: whether it ends by itself.
        tokens: how many tokens it took.
        spelled: its tokens, None where no log-probability was asked for.
    """

    text: str
    is_finished: bool
    tokens: int
    spelled: tuple[SpelledToken, ...] | None

    @property
    def finish_reason(self) -> str:
        """Why it ends, in the words of the API."""
        return "stop" if self.is_finished else "length"


@dataclass(frozen=True, slots=True)
class Completed:
    """What a run answers: its choices, and what they took."""

    choices: tuple[Choice, ...]
    prompt_tokens: int

    @property
    def usage(self) -> Document:
        """Tokens, as clients count them."""
        completion = sum(choice.tokens for choice in self.choices)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
        }


@dataclass(frozen=True, slots=True)
class Choosing:
    """Takes the choices from a result: the text that streamed, or the n best."""

    engine: Engine
    fields: SharedFields

    def of(self, result: Result) -> Completed:
        """Return what is answered."""
        if self.fields.n == 1:
            ended = result.finish_reason in ENDS or result.finished
            choices = [self._choice(result, result.text, ended, result.best_path_ids)]
        else:
            texts = result.n_best(self.fields.n) if result.lattice.steps else ()
            choices = [self._choice(result, one.text, one.finished, one.token_ids) for one in texts]
        return Completed(tuple(choices), len(result.prompt_ids))

    def _choice(
        self,
        result: Result,
        text: str,
        finished: bool,  # noqa: FBT001 - a fact, not a mode
        path: Sequence[TokenId],
    ) -> Choice:
        spelled = None
        if self.fields.likely is not None:
            scores = self.engine.container.token_scores()
            found = scores.run(result.prompt_ids, path, self.fields.likely)
            spelled = self._spelled(found, len(text.encode()))
        return Choice(text, finished, len(path), spelled)

    def _spelled(self, found: Sequence[ScoredToken], length: int) -> tuple[SpelledToken, ...]:
        """Return the tokens that spell the text; an end token or a stop string spells nothing."""
        content = self.engine.container.tokenizer().content
        spelled: list[SpelledToken] = []
        position = 0
        for token in found:
            if position >= length:
                break
            position += len(content(token.token_id))
            likely = tuple((content(other), score) for other, score in token.likely)
            spelled.append(SpelledToken(content(token.token_id), token.log_probability, likely))
        return tuple(spelled)


class Shape(Protocol):
    """One of the two shapes of the API."""

    def whole(self, index: int, choice: Choice) -> Document:
        """Return a choice of an answer that comes at once."""
        ...

    def piece(self, index: int, text: str, choice: Choice | None) -> Document:
        """Return a piece of a choice; its `choice` is there where its tokens are told with it."""
        ...

    def end(self, index: int, choice: Choice) -> Document:
        """Return the last piece of a choice."""
        ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around choices.

    Attributes:
        id: the answer's name.
        model: what decoded.
        kind: which shape.
        created: seconds since 1970.
    """

    id: str
    model: str
    kind: str
    created: int

    @classmethod
    def new(cls, name: str, model: str, kind: str) -> Envelope:
        """Return the envelope of an answer that begins now."""
        return cls(name, model, kind, int(time.time()))

    def around(self, choices: list[Document], usage: Document | None = None) -> Document:
        """Return an answer or a piece of one."""
        held = {
            "id": self.id,
            "object": self.kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }
        return held if usage is None else held | {"usage": usage}
