"""From the words of a request to a run that has not begun, within the service's bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.decoding.many import rows_needed
from tempo.application.prompting import Prompt, checked_ids
from tempo.application.settings.reading import build_request, read_settings
from tempo.domain.errors import InvalidValueError, TooLargeError
from tempo.infrastructure.logging import service_events
from tempo.interfaces.python.result import Result
from tempo.interfaces.python.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.decoding.generate import Generation
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Forking
    from tempo.application.serving.service_settings import ServiceSettings
    from tempo.application.settings.settings import Settings
    from tempo.domain.tokens import TokenId
    from tempo.interfaces.python.engine import Engine


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that was asked for.

    Attributes:
        engine: what decodes it.
        settings: what it runs under.
        request: the same as types.
        text: the prompt, None where it was given as tokens.
    """

    engine: Engine
    settings: Settings
    request: GenerationRequest
    text: str | None

    @property
    def rows(self) -> int:
        """How many cache rows it takes at most."""
        return rows_needed(self.request)

    def start(self) -> Stream:
        """Begin it; the prompt goes through the model here."""
        return Stream(self.generate(self.request), self.wrap)

    def generate(self, request: GenerationRequest, forking: Forking | None = None) -> Generation:
        """Begin a request; `forking` if others may go on from it."""
        generation: Generation = self.engine.container.generate().start(request, forking)
        return generation

    def wrap(self, outcome: Outcome) -> Result:
        """Return what it left as users hold it."""
        return Result(outcome, self.settings, self.engine.container, self.text)


def asked(
    engine: Engine,
    service: ServiceSettings,
    prompt: Prompt | Sequence[int],
    words: Mapping[str, object],
) -> Asked:
    """Return the run that a prompt and settings by name ask for.

    Raises:
        TooLargeError: for a prompt over the service's bounds.
        InvalidValueError: for settings or a prompt that are wrong, or over the service's bounds.
    """
    settings = read_settings(words)
    require_bounds(settings, service)
    ids, text = _encoded(engine, service, prompt)
    if service.log_prompts:
        service_events().info("prompt.read", prompt=text, tokens=len(ids))
    if len(ids) > service.max_prompt_tokens:
        message = (
            f"the prompt has {len(ids)} tokens, and this service takes "
            f"{service.max_prompt_tokens}; shorten it"
        )
        raise TooLargeError(message)
    return Asked(engine, settings, build_request(settings, ids), text)


def require_bounds(settings: Settings, service: ServiceSettings) -> None:
    """Refuse settings over the service's bounds.

    Raises:
        InvalidValueError: naming the setting, its value and the bound.
    """
    if settings.mcts_pattern:
        message = (
            f"mcts_pattern is {list(settings.mcts_pattern)}; this service takes none, since a "
            "pattern may take for ever: name words by mcts_words"
        )
        raise InvalidValueError(message)
    for name, most in bounds_of(service).items():
        value = 1 if settings.default_mode and name == "max_width" else getattr(settings, name)
        if value > most:
            message = f"{name} is {value}; this service allows at most {most}"
            raise InvalidValueError(message)


def bounds_of(service: ServiceSettings) -> dict[str, int]:
    """Return the most that each bounded setting may be."""
    return {"max_steps": service.max_steps, "max_width": service.max_width}


def _encoded(
    engine: Engine, service: ServiceSettings, prompt: Prompt | Sequence[int]
) -> tuple[tuple[TokenId, ...], str | None]:
    if not isinstance(prompt, Prompt):
        return checked_ids(prompt, engine.description.vocabulary), None
    length = len(prompt.text.encode()) + len((prompt.system or "").encode())
    if length > service.max_prompt_bytes:
        message = (
            f"the prompt has {length} bytes, and this service takes {service.max_prompt_bytes}; "
            "shorten it"
        )
        raise TooLargeError(message)
    return prompt.encoded(engine.container.tokenizer()), prompt.text
