"""Whether the service lives, and whether it takes work."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tempo.interfaces.http.generate_schemas import StatusAnswer
from tempo.interfaces.http.service import service_of

UNAVAILABLE = 503

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> StatusAnswer:
    """Say that the service lives."""
    return StatusAnswer(status="ok")


@router.get("/ready", responses={UNAVAILABLE: {"model": StatusAnswer}})
async def ready(request: Request, response: Response) -> StatusAnswer:
    """Say whether a run would be taken; 503 while the model loads or the queue is full."""
    service = service_of(request)
    if service.failure is not None:
        status = StatusAnswer(status="failed")
    elif not service.is_loaded:
        status = StatusAnswer(status="loading")
    elif service.is_overloaded:
        status = StatusAnswer(status="overloaded")
    else:
        return StatusAnswer(status="ok")
    response.status_code = UNAVAILABLE
    return status
