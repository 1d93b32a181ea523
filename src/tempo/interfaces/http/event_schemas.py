"""The events of a run, as the clients that follow it read them.

The JSON Schema in `docs/events.schema.json` is made from these models:
`python -m tempo.interfaces.http.event_schemas`. Clients leave events and fields that they do not
know alone; this version tells no others than these.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tempo.application.pruning.retrospection import MOST_TOLD
from tempo.application.serving.forkable import Origin
from tempo.domain.pruning.decision import Effect
from tempo.domain.tokens import CandidateState

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Probability = Annotated[float, Field(ge=0.0, le=1.0001)]
LogProbability = Annotated[float, Field(le=0.0001)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Event(_Part):
    """What all events have: the format's version, a number without gaps, and milliseconds.

    The milliseconds are null in the last event of a run that the service's own end cut off.
    """

    v: Literal[1]
    seq: Count
    t_ms: Annotated[float, Field(ge=0.0)] | None


class PlaceInRun(_Part):
    """A token of another run, from which this one goes on."""

    run_id: str
    step: Count
    token_id: Count


class PromptToken(_Part):
    """A token of the prompt; `bytes` is base64 where its text is no UTF-8 by itself."""

    id: Count
    text: str
    bytes: str | None


class ToldPrompt(_Part):
    """The prompt, whose text is null where it was given as tokens."""

    text: str | None
    tokens: list[PromptToken]


class ToldModel(_Part):
    """The model that decodes."""

    id: str
    family: str
    revision: str
    tokenizer: str
    dtype: str
    device: str


class StepLimit(_Part):
    """How many steps the run takes at most."""

    max_steps: Count


class RunStarted(Event):
    """The first event of a run that began."""

    type: Literal["run.started"]
    run_id: str
    parent: PlaceInRun | None
    continued_from: Origin | None
    reused_rows: Count
    model: ToldModel
    settings: dict[str, Any]
    seed: int | None
    prompt: ToldPrompt
    limits: StepLimit
    request_id: str


class ToldCandidate(_Part):
    """A token that was considered at a step.

    `parent` counts among the members of the step before, which are its kept and finished
    candidates by rank. `weight` is the forward weight among the step's live candidates, null for
    what is no member. `score` is the natural logarithm of the best path's probability.
    """

    id: Count
    text: str
    bytes: str | None
    p: Probability
    rank: Count
    phys: Count | None
    parent: Count | None
    weight: Share | None
    score: LogProbability | None
    state: CandidateState
    reason: str | None


class ToldStep(_Part):
    """A step as it stands.

    `primary` is the place, among the candidates, of the member with the best path. Row i of
    `transitions` belongs to the ith kept candidate of the step before, or to the prompt, and column
    j to the jth member: natural logarithms of probabilities, null for none.
    """

    step: Count
    entropy: Annotated[float, Field(ge=0.0)]
    primary: Count
    threshold: Share
    covered: Share
    kept_mass: Share
    candidates: Annotated[list[ToldCandidate], Field(min_length=1)]
    transitions: Annotated[list[list[LogProbability | None]], Field(min_length=1)]


class PathChange(_Part):
    """Where the best path stands now: a place among the step's candidates, null for none."""

    step: Count
    to: Count | None


class Decision(_Part):
    """What was done to one candidate, and why; `mass` is its share of the live paths then."""

    step: Count
    token_id: Count
    rule: str
    effect: Effect
    score: float
    threshold: float
    mass: Share


class PlacedDecision(Decision):
    """The same, with the candidate's place among those of its step as it was told before."""

    index: Count


class StepAppended(Event, ToldStep):
    """A step was decoded; `pos` is its position, the prompt's tokens counted."""

    type: Literal["step.appended"]
    pos: Count
    cache_rows: Count
    released: Count
    dropped: list[Decision]
    chain_changes: list[PathChange]


class Judged(_Part):
    """What a rule says of one candidate: its score, and what that was held against.

    `weight` is what of the candidate passes: 0 prunes it, unless it leads, and 1 leaves it alone.
    """

    step: Count
    token_id: Count
    rule: str
    score: float
    threshold: float
    weight: Share


class CandidatesJudged(Event):
    """What retroactive pruning held against its rule after a step, whatever came of it."""

    type: Literal["candidates.judged"]
    at_step: Count
    scores: Annotated[list[Judged], Field(min_length=1, max_length=MOST_TOLD)]


class CandidatesPruned(Event):
    """Earlier steps were judged: `steps` are those from the first that changed on, as they are now.

    Steps that were told with a higher number and are not among them have left.
    """

    type: Literal["candidates.pruned"]
    at_step: Count | None
    reason: str
    items: list[PlacedDecision]
    primary_changes: list[PathChange]
    chain_changes: list[PathChange]
    steps: list[ToldStep]
    removed: list[Count]
    lost: Share
    cache_rows: Count


class TextSettled(Event):
    """More of the text can no longer change."""

    type: Literal["text.settled"]
    text: str
    steps: Count


class RunStats(Event):
    """Figures, at most twice a second."""

    type: Literal["run.stats"]
    steps: Count
    tok_s: Annotated[float, Field(ge=0.0)]
    kv_tokens: Count
    rss_mb: Annotated[float, Field(ge=0.0)]


class RunFinished(Event):
    """The last event of a run that has an answer."""

    type: Literal["run.finished"]
    reason: Literal[
        "eos",
        "stop",
        "max_steps",
        "context",
        "max_cache_tokens",
        "max_memory_gb",
        "cancelled",
        "error",
    ]
    steps: Count
    wall_ms: Annotated[float, Field(ge=0.0)]
    text: str
    digest: Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]


class RunError(Event):
    """The last event of a run that failed.

    `request_id` is null where the service's own end cut the run off before it had told one.
    """

    type: Literal["run.error"]
    code: str
    message: str
    step: Count
    retryable: bool
    request_id: str | None


RunEvent = Annotated[
    RunStarted
    | StepAppended
    | CandidatesJudged
    | CandidatesPruned
    | TextSettled
    | RunStats
    | RunFinished
    | RunError,
    Field(discriminator="type"),
]
"""Any event of a run."""


def events_schema() -> dict[str, Any]:
    """Return the JSON Schema of any event."""
    adapter: TypeAdapter[Any] = TypeAdapter(RunEvent)
    schema = adapter.json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "RunEvent",
        **schema,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(events_schema(), indent=1, sort_keys=True) + "\n")
