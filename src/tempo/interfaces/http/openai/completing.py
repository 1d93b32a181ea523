"""Doing a completion, at once or piece by piece."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.sse import format_sse_event

from tempo.application.prompting import Prompt
from tempo.application.serving.served_run import Work
from tempo.domain.errors import ModelNotFoundError, PromptError
from tempo.domain.events import RunFinished, TextSettled
from tempo.interfaces.http.asking import asked
from tempo.interfaces.http.event_stream import follow
from tempo.interfaces.http.failures import error_body, kind_of, log_failed_run, message_of
from tempo.interfaces.http.openai.choices import Choosing, Envelope
from tempo.interfaces.http.openai.schemas import CompletionFields

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from tempo.application.serving.event_log import Document
    from tempo.application.serving.served_run import ServedRun
    from tempo.domain.events import Event
    from tempo.interfaces.http.openai.choices import Completed
    from tempo.interfaces.http.openai.schemas import SharedFields
    from tempo.interfaces.http.openai.shapes import ChatShape, TextShape
    from tempo.interfaces.http.service import Service
    from tempo.interfaces.python.engine import Engine

DONE = format_sse_event(data_str="[DONE]")


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion that was asked for.

    Attributes:
        fields: what was asked.
        shape: how it is answered.
        envelope: what stands around the choices.
        work: what there is to do.
    """

    fields: SharedFields
    shape: TextShape | ChatShape
    envelope: Envelope
    work: Work

    def answer(self, completed: Completed) -> Document:
        """Return the whole answer."""
        choices = [self.shape.whole(index, one) for index, one in enumerate(completed.choices)]
        return self.envelope.around(choices, completed.usage)

    @property
    def streams_text(self) -> bool:
        """Whether text comes as it settles; several choices, and tokens, are known at the end."""
        return self.fields.n == 1 and self.fields.likely is None

    async def pieces(self, run: ServedRun, request_id: str) -> AsyncIterator[bytes]:
        """Yield the answer piece by piece, and what went wrong as the last of them."""
        if self.streams_text and (first := self.shape.first(0)) is not None:
            yield self._sent([first])
        async for told in follow(run.log):
            if told is not None and self.streams_text and told["text"]:
                yield self._sent([self.shape.piece(0, told["text"], None)])
        error = run.done.exception()
        if error is not None:
            log_failed_run(error, run.name, request_id)
            body = error_body(kind_of(error), message_of(error), request_id)
            yield format_sse_event(data_str=json.dumps(body))
            return
        for piece in self._last(run.done.result()):
            yield piece
        yield DONE

    def _last(self, completed: Completed) -> Iterator[bytes]:
        for index, choice in enumerate(completed.choices):
            if not self.streams_text:
                if (first := self.shape.first(index)) is not None:
                    yield self._sent([first])
                scored = choice if choice.spelled is not None else None
                yield self._sent([self.shape.piece(index, choice.text, scored)])
            yield self._sent([self.shape.end(index, choice)])
        options = self.fields.stream_options
        if options is not None and options.include_usage:
            yield self._sent([], completed.usage)

    def _sent(self, choices: list[Document], usage: Document | None = None) -> bytes:
        document = self.envelope.around(choices, usage)
        return format_sse_event(data_str=json.dumps(document, ensure_ascii=False))


def require_model(engine: Engine, name: str) -> None:
    """Refuse another model than the one that is served.

    Raises:
        ModelNotFoundError: naming both.
    """
    served = engine.description.name
    if name != served:
        message = f"there is no model {name[:80]!r} here; ask for {served!r}"
        raise ModelNotFoundError(message)


def completion(
    service: Service,
    fields: Any,  # noqa: ANN401 - a model made at run time
    shape: TextShape | ChatShape,
    name: str,
) -> Completion:
    """Return what a request asks for.

    Raises:
        ModelNotFoundError: for another model than the one that is served.
        TempoError: for a request that is wrong, or means nothing here.
    """
    engine = service.engine
    require_model(engine, fields.model)
    fields.require_meaning()
    run = asked(engine, service.settings, _prompt(service, fields), fields.words)
    kind = shape.piece_kind if fields.stream else shape.kind
    envelope = Envelope.new(f"{shape.prefix}-{name}", engine.description.name, kind)
    work = Work(run.rows, run.start, Choosing(engine, fields).of, tell=_told)
    return Completion(fields, shape, envelope, work)


def _prompt(service: Service, fields: SharedFields) -> Prompt | Sequence[int]:
    if isinstance(fields, CompletionFields):
        return Prompt(fields.prompt) if isinstance(fields.prompt, str) else fields.prompt
    turns = [message.turn for message in fields.messages]  # type: ignore[attr-defined]
    if not turns[-1][1].strip():
        message = "the last message is empty; give it some text"
        raise PromptError(message)
    ids: Sequence[int] = service.engine.container.tokenizer().encode_chat(turns)
    return ids


def _told(event: Event) -> tuple[Document, ...]:
    if isinstance(event, (TextSettled, RunFinished)):
        return ({"text": event.text},)
    return ()
