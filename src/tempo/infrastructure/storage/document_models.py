"""The lattice document, version 1: its parts, their types and their ranges.

The JSON Schema in `docs/lattice.schema.json` is made from these models. What holds between parts is
checked in `document_checks`.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, Field

FORMAT = "tempo-lattice"
VERSION = 1

ROUNDING = 1e-4
"""How far rounding may carry a probability over 1, or a log-probability over 0."""

LARGEST_WHOLE = 2**53
"""Whole numbers up to here are the same in every JSON reader."""

MOST_STEPS = 100_000
MOST_CANDIDATES = 100_000
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


class _Part(BaseModel):
    """A part of a document. Keys that this version does not know are left alone."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class CandidatePart(_Part):
    """A token considered at a step. Members have `weight`, `score`, `parent` and `posterior`."""

    token_id: Whole
    text: Annotated[
        str,
        Field(
            max_length=LONGEST_TOKEN,
            description="What the token spells; bytes that are no UTF-8 show as U+FFFD.",
        ),
    ]
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
    ]
    rank: Annotated[Whole, Field(description="0 for the most probable candidate of the step.")]
    state: Literal["kept", "finished", "below_threshold", "over_cap", "pruned"]
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
    reason: Annotated[Name | None, Field(description="Why it was pruned.")] = None


class StepPart(_Part):
    """One step: its candidates by rank, and how the live members before it lead to its members."""

    step: Annotated[Whole, Field(description="0, 1, 2, ...")]
    entropy: Annotated[
        float,
        Field(ge=-1e-3, le=100.0, allow_inf_nan=False, description="Of the readout, in nats."),
    ]
    threshold: Annotated[Probability, Field(description="What candidates had to reach.")]
    kept_mass: Annotated[
        Probability, Field(description="Probability that an ordinary sample stays in the lattice.")
    ]
    finished_mass: Annotated[
        Probability, Field(description="Share of the finished hypotheses after this step.")
    ]
    cut: Annotated[Whole, Field(description="Tokens that the width cap cut.")]
    cut_mass: Annotated[Probability, Field(description="Their probability.")]
    near_ties: Annotated[Whole, Field(description="Candidates that rounding may have decided.")]
    candidates: Annotated[
        list[CandidatePart], FailFast(), Field(min_length=1, max_length=MOST_CANDIDATES)
    ]
    transitions: Annotated[
        Table,
        Field(
            description="A row for each live member before (one at step 0), a column for each "
            "member: log-probabilities in nats, after the processors; null is minus infinity."
        ),
    ]
    plain_transitions: Annotated[
        Table, Field(description="The same under the plain model, at temperature 1.")
    ]


class PathPart(_Part):
    """A path through the lattice and its score under the plain transitions."""

    members: Annotated[Path, Field(min_length=1)]
    score: Score
    finished: bool


class ModelPart(_Part):
    """The model that made the lattice."""

    name: Name
    family: Name
    fingerprint: Annotated[Digest, Field(description="Of architecture and weights.")]
    tokenizer_fingerprint: Annotated[Digest, Field(description="Of the vocabulary.")]
    dtype: Name
    device: Name


class LatticeDocument(_Part):
    """A run of TEMPO: its lattice, its best path, and what it was asked."""

    format: Literal["tempo-lattice"]
    version: Annotated[int, Field(ge=VERSION, le=VERSION)]
    model: ModelPart | None
    settings: Annotated[
        dict[str, Any] | None, Field(description="Every setting by name, as users give them.")
    ]
    stop: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN)]],
        FailFast(),
        Field(max_length=1000, description="Strings that finish a path; no part of its text."),
    ]
    steered: Annotated[bool, Field(description="Whether a person chose among the candidates.")]
    committed: Annotated[
        Whole,
        Field(description="How many leading steps were given, one member each, and not decoded."),
    ]
    prompt: Annotated[str | None, Field(max_length=LONGEST_TEXT)]
    prompt_ids: Annotated[list[Whole], FailFast(), Field(min_length=1)]
    text: Annotated[
        str, Field(max_length=LONGEST_TEXT, description="Of the best path, without the prompt.")
    ]
    best_path: Annotated[
        Path, Field(description="A member index a step; empty where it is not known.")
    ]
    finished: Annotated[bool, Field(description="Whether the best path is finished.")]
    finish_reason: Annotated[
        Literal["end_of_text", "stop_string", "max_steps", "context", "cancelled", "error"] | None,
        Field(description="Why the run ended."),
    ]
    finished_mass: Annotated[Probability, Field(description="Share of the finished hypotheses.")]
    best_paths: Annotated[
        Short[PathPart], Field(description="The best paths by their plain scores, best first.")
    ]
    steps: Annotated[list[StepPart], FailFast(), Field(max_length=MOST_STEPS)]


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
