"""What the service counts."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tempo.interfaces.http.metrics import Metrics

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> PlainTextResponse:
    """Give all counts in the text format of Prometheus."""
    registry = metrics_of(request).registry
    return PlainTextResponse(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def metrics_of(request: Request) -> Metrics:
    """Return what counts at the service that a request was sent to."""
    return cast("Metrics", request.app.state.metrics)
