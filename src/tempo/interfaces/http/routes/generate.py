"""One prompt, decoded while the client waits."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from starlette.concurrency import run_in_threadpool

from tempo.application.serving.served_run import Work
from tempo.interfaces.http.answers import Answering
from tempo.interfaces.http.asking import asked
from tempo.interfaces.http.generate_schemas import (
    FIRST_EXAMPLE,
    ErrorAnswer,
    GenerateAnswer,
    GenerateRequest,
)
from tempo.interfaces.http.service import service_of

REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"model": ErrorAnswer} for code in (401, 403, 409, 413, 422, 429, 500, 503, 504)
}
"""The errors that a request for a run may get."""

router = APIRouter(tags=["generate"], responses=REFUSALS)

Asked = Annotated[GenerateRequest, Body(examples=[FIRST_EXAMPLE])]


@router.post("/generate")
@router.post("/api/generate")
async def generate(request: Request, body: Asked) -> GenerateAnswer:
    """Continue a prompt, keeping several hypotheses at once; closing the connection cancels."""
    service = service_of(request)
    body.require_effect()
    run = await run_in_threadpool(
        asked, service.engine, service.settings, body.asked_prompt, body.words
    )
    work = Work(run.rows, run.start, Answering(body).of)
    answer: GenerateAnswer = await service.answer(work, request)
    return answer
