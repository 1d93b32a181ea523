"""The lattice document, version 1: its parts, their types and their ranges.

The JSON Schema in `docs/lattice.schema.json` is made from these models. What holds between parts is
checked in `document_checks`.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, Field, model_validator
from pydantic_core import PydanticCustomError

from tempo.infrastructure.storage.finish_reasons import Reason  # noqa: TC001 - pydantic reads it

FORMAT = "tempo-lattice"
VERSION = 1

ROUNDING = 1e-4
"""How far rounding may carry a probability over 1, or a log-probability over 0."""

NOT_THERE = "not_there"
"""The type of the error for a field that is not there; its message is the field's name."""

LARGEST_WHOLE = 2**53
"""Whole numbers up to here are the same in every JSON reader."""

MOST_STEPS = 100_000
MOST_CANDIDATES = 100_000
MOST_DECISIONS = 1_000_000
WIDEST = 256
"""Members of one step at most; the widest that settings allow is 64."""

LONGEST_TEXT = 16 * 2**20
LONGEST_TOKEN = 2**16
LONGEST_NAME = 4096

Whole = Annotated[int, Field(ge=0, le=LARGEST_WHOLE)]
Probability = Annotated[float, Field(ge=0.0, le=1.0 + ROUNDING, allow_inf_nan=False)]
LogProbability = Annotated[float, Field(le=ROUNDING, allow_inf_nan=False)]
Score = Annotated[float, Field(allow_inf_nan=False)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]

Item = TypeVar("Item")
# A list of a million wrong entries must not become a million complaints.
Short = Annotated[list[Item], FailFast(), Field(max_length=WIDEST)]
Path = Annotated[list[Whole], FailFast(), Field(max_length=MOST_STEPS)]
Table = Short[Short[LogProbability | None]]


def _nothing() -> None:
    """Stand in for a part that is not there, until the check that names it."""


LACKING: Any = Field(default_factory=_nothing)
"""Marks a field that must be there. pydantic's own complaint keeps a copy of the whole part for
each thing that it lacks: over a gigabyte for a file of a hundred megabytes."""


def _tell_required(schema: dict[str, Any], part: type[BaseModel]) -> None:
    """Say in the JSON Schema which fields must be there."""
    schema["required"] = _required(part)


def _required(part: type[BaseModel]) -> list[str]:
    fields = part.model_fields.items()
    return [name for name, field in fields if field.default_factory is _nothing]


class _Part(BaseModel):
    """A part of a document. Keys that this version does not know are left alone."""

    model_config = ConfigDict(
        strict=True, extra="ignore", frozen=True, json_schema_extra=_tell_required
    )

    @model_validator(mode="after")
    def _has_all(self) -> Self:
        given = self.model_fields_set
        for name in _REQUIRED[type(self)]:
            if name not in given:
                raise PydanticCustomError(NOT_THERE, "{name}", {"name": name})
        return self


class CandidatePart(_Part):
    """A token considered at a step. Members have `weight`, `score`, `parent` and `posterior`."""

    token_id: Whole = LACKING
    text: Annotated[
        str,
        Field(
            max_length=LONGEST_TOKEN,
            description="What the token spells; bytes that are no UTF-8 show as U+FFFD.",
        ),
    ] = LACKING
    bytes: Annotated[
        str | None,
        Field(
            max_length=4 * LONGEST_TOKEN,
            description="The token's bytes in base64, where `text` alone does not give them.",
            json_schema_extra={"contentEncoding": "base64"},
        ),
    ] = None
    probability: Annotated[
        Probability, Field(description="When it was proposed, after the logits processors.")
    ] = LACKING
    rank: Annotated[Whole, Field(description="0 for the most probable candidate of the step.")] = (
        LACKING
    )
    state: Literal["kept", "finished", "below_threshold", "over_cap", "pruned"] = LACKING
    weight: Annotated[
        Probability | None, Field(description="Forward weight among the step's live candidates.")
    ] = None
    score: Annotated[
        Score | None,
        Field(
            description="Best log-probability of a path that ends here, after the processors, in "
            "nats; null is minus infinity."
        ),
    ] = None
    parent: Annotated[
        Whole | None,
        Field(description="Index of the best parent among the earlier step's members."),
    ] = None
    posterior: Annotated[
        Probability | None,
        Field(description="Share of the lattice's paths through this step that pass here."),
    ] = None
    attention: Annotated[
        Probability | None,
        Field(
            description="How much of a member's weight later tokens see; 1 where it is not there."
        ),
    ] = None
    reason: Annotated[
        Name | None, Field(description="What was done to it at which step, and why.")
    ] = None


class StepPart(_Part):
    """One step: its candidates by rank, and how the live members before it lead to its members."""

    step: Annotated[
        Whole,
        Field(description="0, 1, 2, ...; a number is left out where the whole step was removed."),
    ] = LACKING
    entropy: Annotated[
        float,
        Field(ge=-1e-3, le=100.0, allow_inf_nan=False, description="Of the readout, in nats."),
    ] = LACKING
    threshold: Annotated[Probability, Field(description="What candidates had to reach.")] = LACKING
    kept_mass: Annotated[
        Probability, Field(description="Probability that an ordinary sample stays in the lattice.")
    ] = LACKING
    finished_mass: Annotated[
        Probability, Field(description="Share of the finished hypotheses after this step.")
    ] = LACKING
    cut: Annotated[Whole, Field(description="Tokens that the width cap cut.")] = LACKING
    cut_mass: Annotated[Probability, Field(description="Their probability.")] = LACKING
    near_ties: Annotated[Whole, Field(description="Candidates that rounding may have decided.")] = (
        LACKING
    )
    candidates: Annotated[
        list[CandidatePart], FailFast(), Field(min_length=1, max_length=MOST_CANDIDATES)
    ] = LACKING
    transitions: Annotated[
        Table,
        Field(
            description="A row for each live member before (one at step 0), a column for each "
            "member: log-probabilities in nats, after the processors; null is minus infinity."
        ),
    ] = LACKING
    plain_transitions: Annotated[
        Table, Field(description="The same under the plain model, at temperature 1.")
    ] = LACKING


class DecisionPart(_Part):
    """What was done to one candidate, and why."""

    step: Annotated[Whole, Field(description="The number of its step.")] = LACKING
    token_id: Whole = LACKING
    rule: Name = LACKING
    score: Annotated[Score, Field(description="What the rule measured.")] = LACKING
    threshold: Annotated[Score, Field(description="What the score was held against.")] = LACKING
    decided_at: Annotated[Whole, Field(description="The newest step at that moment.")] = LACKING
    effect: Literal[
        "dropped", "pruned", "descendant", "weakened", "unattended", "position_removed"
    ] = LACKING
    mass: Annotated[
        Probability, Field(description="Its share of the live paths at that moment.")
    ] = LACKING
    weight: Annotated[
        Probability, Field(description="How much of its weight later tokens still see.")
    ] = LACKING


class PathPart(_Part):
    """A path through the lattice and its score under the plain transitions."""

    members: Annotated[Path, Field(min_length=1)] = LACKING
    score: Score = LACKING
    finished: bool = LACKING


class ModelPart(_Part):
    """The model that made the lattice."""

    name: Name = LACKING
    family: Name = LACKING
    fingerprint: Annotated[Digest, Field(description="Of architecture and weights.")] = LACKING
    tokenizer_fingerprint: Annotated[Digest, Field(description="Of the vocabulary.")] = LACKING
    dtype: Name = LACKING
    device: Name = LACKING


class LatticeDocument(_Part):
    """A run of TEMPO: its lattice, its best path, and what it was asked."""

    format: Literal["tempo-lattice"] = LACKING
    version: Annotated[int, Field(ge=VERSION, le=VERSION)] = LACKING
    model: ModelPart | None = LACKING
    settings: Annotated[
        dict[str, Any] | None, Field(description="Every setting by name, as users give them.")
    ] = LACKING
    stop: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN)]],
        FailFast(),
        Field(max_length=1000, description="Strings that finish a path; no part of its text."),
    ] = LACKING
    steered: Annotated[bool, Field(description="Whether a person chose among the candidates.")] = (
        LACKING
    )
    committed: Annotated[
        Whole,
        Field(description="How many leading steps were given, one member each, and not decoded."),
    ] = LACKING
    settled: Annotated[
        Whole,
        Field(
            description="How many leading steps' text was told while the run went on; the best "
            "path starts with it."
        ),
    ] = LACKING
    prompt: Annotated[str | None, Field(max_length=LONGEST_TEXT)] = LACKING
    prompt_ids: Annotated[list[Whole], FailFast(), Field(min_length=1)] = LACKING
    text: Annotated[
        str, Field(max_length=LONGEST_TEXT, description="Of the best path, without the prompt.")
    ] = LACKING
    best_path: Annotated[
        Path, Field(description="A member index a step; empty where it is not known.")
    ] = LACKING
    finished: Annotated[bool, Field(description="Whether the best path is finished.")] = LACKING
    finish_reason: Annotated[Reason | None, Field(description="Why the run ended.")] = LACKING
    finished_mass: Annotated[
        Probability, Field(description="Share of the finished hypotheses.")
    ] = LACKING
    best_paths: Annotated[
        Short[PathPart], Field(description="The best paths by their plain scores, best first.")
    ] = LACKING
    steps: Annotated[list[StepPart], FailFast(), Field(max_length=MOST_STEPS)] = LACKING
    decisions: Annotated[
        list[DecisionPart],
        FailFast(),
        Field(max_length=MOST_DECISIONS, description="What was pruned, in the order it fell."),
    ] = LACKING


_REQUIRED: dict[type[BaseModel], list[str]] = {
    part: _required(part)
    for part in (
        CandidatePart,
        StepPart,
        DecisionPart,
        PathPart,
        ModelPart,
        LatticeDocument,
    )
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made from the models that read the document; do not edit.",
        **LatticeDocument.model_json_schema(),
    }


if __name__ == "__main__":
    json.dump(json_schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
