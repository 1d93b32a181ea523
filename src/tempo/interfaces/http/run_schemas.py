"""What the routes of runs are asked, and what they answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from tempo.application.serving.forkable import Origin
from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState
from tempo.interfaces.http.generate_schemas import GenerateRequest
from tempo.interfaces.http.setting_fields import Truth, Whole

Detach = Annotated[Truth, Field(description="Go on although nobody listens.")]

RunRequest = create_model("RunRequest", __base__=GenerateRequest, detach=(Detach, False))
"""A prompt, what to answer, every setting, and whether the run goes on unheard."""


class ForkRequest(BaseModel):
    """Where to leave a run, and on which token to go on."""

    model_config = ConfigDict(extra="forbid")

    step: Annotated[Whole, Field(ge=0, description="A step of the run, from 0.")]
    token_id: Annotated[Whole, Field(ge=0, description="A token that was considered there.")]
    max_steps: Annotated[
        Whole | None, Field(ge=1, description="Counts the steps before the fork too.")
    ] = None
    detach: Detach = False


class RunAccepted(BaseModel):
    """A run that was begun."""

    run_id: str
    state: RunState
    events_url: str


class ForkPoint(BaseModel):
    """Where a run left another: the run, its step, and the token that the fork went on from."""

    run_id: str
    step: int
    token_id: int


class RunSummary(BaseModel):
    """A run as a list shows it.

    `parent` is the run that it goes on from, None for one that was begun from a prompt, and
    `forked_at` the step at which it left that run; together they make the runs a tree.
    """

    run_id: str
    state: RunState
    asked_at: float
    ended_at: float | None
    prompt: str | None
    parent: ForkPoint | None
    forked_at: int | None
    stored: Annotated[
        bool, Field(description="Whether all that it told is kept; false while the disk is full.")
    ]


class RunAnswer(RunSummary):
    """A run with all that it told and answered.

    Of a fork that has begun, `continued_from` is `state` where it went on from a retained state,
    and `prefill` where the prompt was read anew. `children` are the forks of this run, oldest
    first.
    """

    continued_from: Origin | None
    children: list[RunSummary]
    request: dict[str, Any]
    events: list[dict[str, Any]]
    result: dict[str, Any] | None


class AttendedAnswer(BaseModel):
    """A token that was attended to."""

    position: int
    token_id: int
    text: str
    weight: float


class RowAnswer(BaseModel):
    """A kept token of a step, and the tokens that it attends to most."""

    token_id: int
    text: str
    attends: list[AttendedAnswer]


class AttentionAnswer(BaseModel):
    """What a step's tokens attend to, along the best path that leads to them."""

    run_id: str
    step: int
    rows: list[RowAnswer]


class RunList(BaseModel):
    """Runs, newest first.

    `before` continues the list: the moment to ask for earlier ones with, None at the end.
    """

    runs: list[RunSummary]
    before: float | None


def summary(run: KeptRun) -> RunSummary:
    """Return a run as a list shows it."""
    return RunSummary(
        run_id=run.name,
        state=run.state,
        asked_at=run.asked_at,
        ended_at=run.ended_at,
        prompt=run.asked.get("prompt"),
        parent=None if run.parent is None else ForkPoint(**run.parent),
        forked_at=None if run.parent is None else run.parent["step"],
        stored=run.is_stored,
    )
