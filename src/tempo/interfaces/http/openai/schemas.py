"""What clients of the OpenAI API ask."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from tempo.domain.errors import ContradictionError, IneffectiveSettingError
from tempo.interfaces.http.setting_fields import Number, Text, Truth, Whole, setting_fields

MOST_CHOICES = 64
MOST_STOPS = 16
MOST_LIKELY = 20

ONLY: dict[str, tuple[tuple[Any, ...], str]] = {
    "presence_penalty": ((0, None), "use repetition_penalty"),
    "frequency_penalty": ((0, None), "use repetition_penalty"),
    "logit_bias": (({}, None), "no token is favoured here"),
    "suffix": ((None, ""), "the text after the gap is not read"),
    "response_format": (({"type": "text"}, None), "the answer is text"),
    "tools": (([], None), "no tool can be called"),
    "tool_choice": (("none", "auto", None), "no tool can be called"),
}
"""Fields that can have no effect here: the values that they may have, and what to do instead."""


class StreamOptions(BaseModel):
    """What a stream holds beside the text."""

    model_config = ConfigDict(extra="forbid")

    include_usage: Truth = False


class SharedFields(BaseModel, ABC):
    """What both kinds of completion are asked; every setting of TEMPO may stand beside it."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[Text, Field(description="The model's id; /v1/models tells it.")]
    temperature: Annotated[
        Number, Field(ge=0, le=2, description="0 decodes greedily, one path.")
    ] = 1.0
    top_p: Annotated[Number, Field(gt=0, le=1)] = 1.0
    n: Annotated[
        Whole,
        Field(ge=1, le=MOST_CHOICES, description="The n best texts of one run, or as many as are."),
    ] = 1
    stream: Truth = False
    stream_options: StreamOptions | None = None
    stop: Text | Annotated[list[Text], Field(max_length=MOST_STOPS)] | None = None
    seed: Whole | None = None
    user: Annotated[Text | None, Field(description="A label; it changes nothing.")] = None
    presence_penalty: Annotated[Number | None, Field(description="Must be 0.")] = None
    frequency_penalty: Annotated[Number | None, Field(description="Must be 0.")] = None
    logit_bias: Annotated[dict[str, Number] | None, Field(description="Must be empty.")] = None

    def require_meaning(self) -> None:
        """Refuse what cannot mean here what clients expect.

        Raises:
            IneffectiveSettingError, ContradictionError: naming the field and what to do.
        """
        for name, (allowed, why) in ONLY.items():
            value = getattr(self, name, None)
            if value not in allowed:
                shown = "given" if name == "suffix" else repr(value)  # a part of the prompt
                message = f"{name} is {shown}, which means nothing here: {why}; leave it out"
                raise IneffectiveSettingError(message)
        if self.temperature == 0.0 and self.n > 1:
            message = f"temperature 0 decodes one path, and n is {self.n}; n must be 1"
            raise ContradictionError(message)
        if self.stream_options is not None and not self.stream:
            message = "stream_options needs stream true"
            raise IneffectiveSettingError(message)

    @property
    @abstractmethod
    def most_tokens(self) -> int | None:
        """How many tokens were asked for at most."""

    @property
    @abstractmethod
    def likely(self) -> int | None:
        """How many likely tokens are told for each; None where no log-probability is."""

    @property
    def words(self) -> dict[str, object]:
        """The settings that the fields mean.

        Raises:
            ContradictionError: for a field and a setting that say different things.
        """
        named = self.model_fields_set.difference(OPENAI)
        words: dict[str, object] = {name: getattr(self, name) for name in named}
        if self.temperature == 0.0:
            words["default_mode"] = True
        elif "temperature" in self.model_fields_set:
            words["temperature"] = self.temperature
        if "top_p" in self.model_fields_set:
            words["top_p"] = self.top_p
        if self.stop:
            words["stop"] = self.stop
        if self.seed is not None:
            words["seed"] = self.seed
        if self.most_tokens is not None:
            if words.get("max_steps", self.most_tokens) != self.most_tokens:
                message = f"max_steps and max_tokens are both there; {self.most_tokens} or which?"
                raise ContradictionError(message)
            words["max_steps"] = self.most_tokens
        return words


class CompletionFields(SharedFields):
    """A prompt to be continued."""

    prompt: Annotated[
        Text | Annotated[list[Whole], Field(min_length=1)],
        Field(description="One text, or one prompt as token ids."),
    ]
    max_tokens: Annotated[Whole, Field(ge=1)] = 16
    logprobs: Annotated[Whole | None, Field(ge=0, le=MOST_LIKELY)] = None
    echo: Truth = False
    best_of: Annotated[Whole | None, Field(description="Must be n.")] = None
    suffix: Annotated[Text | None, Field(description="Must be left out.")] = None

    def require_meaning(self) -> None:
        """Refuse what cannot mean here what clients expect."""
        super().require_meaning()
        if self.best_of not in {None, self.n}:
            message = f"best_of is {self.best_of} and n {self.n}; all n texts are of one run"
            raise IneffectiveSettingError(message)
        if self.echo and not isinstance(self.prompt, str):
            message = "echo needs a prompt given as text"
            raise IneffectiveSettingError(message)

    @property
    def most_tokens(self) -> int | None:
        """How many tokens were asked for at most."""
        return self.max_tokens

    @property
    def likely(self) -> int | None:
        """How many likely tokens are told for each."""
        return self.logprobs


class TextPart(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["text"]
    text: Text


class Message(BaseModel):
    """A turn of a chat."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["system", "developer", "user", "assistant"]
    content: Text | Annotated[list[TextPart], Field(min_length=1)]
    name: Annotated[Text | None, Field(description="A label; it changes nothing.")] = None

    @property
    def turn(self) -> tuple[str, str]:
        """The role as chat templates know it, and the text."""
        role = "system" if self.role == "developer" else self.role
        if isinstance(self.content, str):
            return role, self.content
        return role, "".join(part.text for part in self.content)


class ChatFields(SharedFields):
    """A chat to be continued by its assistant."""

    messages: Annotated[list[Message], Field(min_length=1)]
    max_tokens: Annotated[Whole | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[Whole | None, Field(ge=1)] = None
    logprobs: Truth | None = None
    top_logprobs: Annotated[Whole | None, Field(ge=0, le=MOST_LIKELY)] = None
    response_format: Annotated[dict[str, Any] | None, Field(description="Must be text.")] = None
    tools: Annotated[list[Any] | None, Field(description="Must be empty.")] = None
    tool_choice: Annotated[Any, Field(description="Must be none or auto.")] = None

    def require_meaning(self) -> None:
        """Refuse what cannot mean here what clients expect."""
        super().require_meaning()
        if self.top_logprobs is not None and not self.logprobs:
            message = f"top_logprobs is {self.top_logprobs}; it needs logprobs true"
            raise IneffectiveSettingError(message)
        asked = {self.max_tokens, self.max_completion_tokens} - {None}
        if len(asked) > 1:
            message = "max_tokens and max_completion_tokens differ; leave out max_tokens"
            raise ContradictionError(message)

    @property
    def most_tokens(self) -> int | None:
        """How many tokens were asked for at most."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def likely(self) -> int | None:
        """How many likely tokens are told for each."""
        return (self.top_logprobs or 0) if self.logprobs else None


OPENAI = frozenset({*CompletionFields.model_fields, *ChatFields.model_fields})
"""Fields that are no settings of ours, or that mean one in a way of their own."""

_BESIDE = {name: field for name, field in setting_fields().items() if name not in OPENAI}

CompletionRequest = create_model("CompletionRequest", __base__=CompletionFields, **_BESIDE)  # type: ignore[call-overload]
ChatRequest = create_model("ChatRequest", __base__=ChatFields, **_BESIDE)  # type: ignore[call-overload]
