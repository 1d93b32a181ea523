"""Completions in the shape of the OpenAI API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from tempo.interfaces.http.openai.completing import completion, require_model
from tempo.interfaces.http.openai.schemas import ChatRequest, CompletionRequest
from tempo.interfaces.http.openai.shapes import ChatShape, TextShape
from tempo.interfaces.http.patient_stream import PatientStream
from tempo.interfaces.http.request_identity import request_id_of
from tempo.interfaces.http.routes.generate import REFUSALS
from tempo.interfaces.http.routes.metrics import metrics_of
from tempo.interfaces.http.service import service_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tempo.application.serving.served_run import ServedRun
    from tempo.interfaces.http.openai.completing import Completion
    from tempo.interfaces.http.service import Service

LONGEST_NAME = 512
"""Of a model, in characters."""

EMBEDDED_EXAMPLE = {"model": "embedded", "prompt": "Once upon a time", "max_tokens": 20, "n": 2}
CHAT_EXAMPLE = {"model": "embedded", "messages": [{"role": "user", "content": "Hello"}]}

ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {}, "text/event-stream": {}},
        "description": "The completion, or its pieces.",
    }
}

router = APIRouter(prefix="/v1", tags=["openai"])


@router.get("/models", responses={code: REFUSALS[code] for code in (401, 403, 503)})
async def list_models(request: Request) -> dict[str, Any]:
    """Say which model decodes here."""
    return {"object": "list", "data": [_model(service_of(request).engine.description.name)]}


@router.get(
    "/models/{name:path}",
    responses={404: REFUSALS[422], **{code: REFUSALS[code] for code in (401, 403, 422, 503)}},
)
async def find_model(
    request: Request, name: Annotated[str, Path(max_length=LONGEST_NAME)]
) -> dict[str, Any]:
    """Describe the model that decodes here, where it has this name."""
    require_model(service_of(request).engine, name)
    return _model(name)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": int(time.time()), "owned_by": "tempo"}


@router.post("/completions", responses={**REFUSALS, **ANSWER, 404: REFUSALS[422]})
async def complete(
    request: Request, body: Annotated[CompletionRequest, Body(examples=[EMBEDDED_EXAMPLE])]
) -> Response:
    """Continue a prompt; `n` choices are the n best texts of one run."""
    return await _completed(request, body, TextShape(body.prompt if body.echo else ""))


@router.post("/chat/completions", responses={**REFUSALS, **ANSWER, 404: REFUSALS[422]})
async def chat(
    request: Request, body: Annotated[ChatRequest, Body(examples=[CHAT_EXAMPLE])]
) -> Response:
    """Continue a chat; the model must have a chat template."""
    return await _completed(request, body, ChatShape())


async def _completed(request: Request, body: Any, shape: TextShape | ChatShape) -> Response:  # noqa: ANN401 - a model made at run time
    service, name = service_of(request), request_id_of(request.scope)
    asked = await run_in_threadpool(completion, service, body, shape, name)
    if not body.stream:
        return JSONResponse(asked.answer(await service.answer(asked.work, request)))
    run = service.begin(asked.work)
    heard = _heard(service, asked, run, name)
    return PatientStream(heard, service.settings.send_seconds, metrics_of(request).let_go)


async def _heard(
    service: Service, asked: Completion, run: ServedRun, name: str
) -> AsyncGenerator[bytes]:
    """Yield the pieces; when the client goes away, the run is cancelled."""
    try:
        async for piece in asked.pieces(run, name):
            yield piece
    finally:
        if not run.done.done():
            service.runner.cancel(run)
