"""Runs that go on by themselves: begun, followed, cancelled, forked, found again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tempo.domain.errors import InvalidValueError
from tempo.interfaces.http.event_stream import event_stream
from tempo.interfaces.http.generate_schemas import FIRST_EXAMPLE
from tempo.interfaces.http.named_runs import (
    attention_work,
    begin_run,
    fork_run,
    kept_record,
)
from tempo.interfaces.http.patient_stream import PatientStream
from tempo.interfaces.http.routes.generate import REFUSALS
from tempo.interfaces.http.routes.metrics import metrics_of
from tempo.interfaces.http.run_schemas import (
    AttendedAnswer,
    AttentionAnswer,
    ForkRequest,
    RowAnswer,
    RunAccepted,
    RunAnswer,
    RunList,
    RunRequest,
    RunSummary,
    summary,
)
from tempo.interfaces.http.service import service_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from tempo.application.serving.served_run import ServedRun

NOTHING_MORE = 204
ACCEPTED = 202
MOST_LISTED = 200
MOST_ATTENDED = 256

router = APIRouter(prefix="/api/v1/runs", tags=["runs"], responses={**REFUSALS, 404: REFUSALS[422]})

Asked = Annotated[RunRequest, Body(examples=[FIRST_EXAMPLE])]
Name = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The run's id.")]


@router.post("", status_code=ACCEPTED)
async def begin(request: Request, response: Response, body: Asked) -> RunAccepted:
    """Begin a run; it is cancelled when nobody has listened to it for a while."""
    service = service_of(request)
    return _accepted(request, response, await run_in_threadpool(begin_run, service, body))


@router.get("")
def listing(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
    before: Annotated[
        float | None, Query(description="Seconds since 1970.", allow_inf_nan=False)
    ] = None,
) -> RunList:
    """List runs, newest first, those of earlier starts of the service too."""
    runs = service_of(request).registry.listing(limit, before)
    last = runs[-1].asked_at if len(runs) == limit else None
    return RunList(runs=[summary(run) for run in runs], before=last)


@router.get("/{run_id}")
def show(
    request: Request,
    run_id: Name,
    lattice: Annotated[bool, Query(description="Add the lattice to the result.")] = False,  # noqa: FBT002 - a query
) -> RunAnswer:
    """Show a run with all that it told, and its answer once it has one."""
    registry = service_of(request).registry
    kept = registry.find(run_id)
    answer = kept.answer
    if answer is not None and not (lattice or kept.asked.get("lattice")):
        answer = {**answer, "lattice": None}
    events = list(registry.log(run_id).after(-1))
    return RunAnswer(
        **summary(kept).model_dump(),
        continued_from=events[0].get("continued_from") if events else None,
        children=[summary(child) for child in registry.children(run_id)],
        request=kept.asked,
        events=events,
        result=answer,
    )


@router.post("/{run_id}/cancel", status_code=ACCEPTED)
def cancel(request: Request, run_id: Name) -> RunSummary:
    """Stop a run after the step under way; what is decoded stays."""
    service = service_of(request)
    return summary(service.registry.cancel(service.runner, run_id))


@router.post("/{run_id}/fork", status_code=ACCEPTED)
async def fork(
    request: Request, response: Response, run_id: Name, body: ForkRequest
) -> RunAccepted:
    """Begin a run that goes on from a token of this one and its best chain alone.

    This run may be under way, and goes on undisturbed. A token that was considered and not kept
    goes on from the best of the step before; one that was not considered is 422. The fork is what
    a prompt that ends in the chain would give, whether it goes on from a retained state or the
    prompt is read anew: its first event, and `continued_from`, tell which.
    """
    service = service_of(request)
    kept = await run_in_threadpool(service.registry.find, run_id)
    return _accepted(request, response, await run_in_threadpool(fork_run, service, kept, body))


@router.get("/{run_id}/steps/{step}/attention")
async def attention(
    request: Request,
    run_id: Name,
    step: Annotated[int, Path(ge=0, le=1_000_000)],
    k: Annotated[int, Query(ge=1, le=MOST_ATTENDED, description="How many tokens.")] = 16,
) -> AttentionAnswer:
    """Show what a step's kept tokens attend to: the mean of the last three layers' heads."""
    service = service_of(request)
    kept = await run_in_threadpool(service.registry.find, run_id)
    record = await run_in_threadpool(kept_record, service, kept)
    found = await service.answer(attention_work(record, step, k, service), request)
    content = service.engine.container.tokenizer().content
    rows = [
        RowAnswer(
            token_id=member.token_id,
            text=member.text,
            attends=[
                AttendedAnswer(
                    position=one.position,
                    token_id=one.token_id,
                    text=content(one.token_id).decode(errors="replace"),
                    weight=one.weight,
                )
                for one in attended
            ],
        )
        for member, attended in found
    ]
    return AttentionAnswer(run_id=run_id, step=step, rows=rows)


@router.get(
    "/{run_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "The run's events."},
        204: {"description": "The run is over and all was read: do not connect again."},
    },
)
async def events(
    request: Request,
    run_id: Name,
    last_event_id: Annotated[
        str | None, Header(description="The id of the last event that was read.")
    ] = None,
) -> Response:
    """Follow a run as server-sent events, from its first or from behind `Last-Event-ID`.

    A browser that has read all of a run that is over gets 204, and connects no more.
    """
    service = service_of(request)
    log = await run_in_threadpool(service.registry.log, run_id)
    after = _after(last_event_id)
    if log.ended and after >= len(log) - 1:
        return Response(status_code=NOTHING_MORE)
    leave = service.registry.listen(run_id)
    told = event_stream(log, after, service.settings.max_backlog)
    return PatientStream(
        _heard(told, leave), service.settings.send_seconds, metrics_of(request).let_go
    )


def _after(last_event_id: str | None) -> int:
    if not last_event_id:
        return -1
    if not (last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 10):  # noqa: PLR2004 - no run has a thousand million events
        message = f"Last-Event-ID is {last_event_id[:40]!r}; it must be the id of an event"
        raise InvalidValueError(message)
    return int(last_event_id)


async def _heard(told: AsyncGenerator[bytes], leave: Callable[[], None]) -> AsyncGenerator[bytes]:
    """Yield a run's events, as one of those that it goes on for."""
    try:
        async for part in told:
            yield part
    finally:
        leave()


def _accepted(request: Request, response: Response, run: ServedRun) -> RunAccepted:
    place = str(request.app.url_path_for("show", run_id=run.name))
    response.headers["Location"] = place
    return RunAccepted(run_id=run.name, state=run.state, events_url=f"{place}/events")
