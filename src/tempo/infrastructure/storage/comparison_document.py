"""The comparison document, version 1: its parts and their ranges, and the way back to a report.

The JSON Schema in `docs/comparison.schema.json` is made from these models.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from tempo.application.studies.comparison.document import FORMAT, VERSION, report_of
from tempo.application.studies.comparison.figures import COSTS, METRICS, QUALITIES
from tempo.domain.errors import DocumentError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from tempo.application.studies.comparison.report import ComparisonReport

Whole = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)] | None
"""Null where a figure is undefined."""

Found = TypeVar("Found")


def _require_metrics(found: dict[str, Found]) -> dict[str, Found]:
    for name in METRICS:
        if name not in found:
            raise PydanticCustomError("metric", "{name} is not there; it must be", {"name": name})
    return found


BY_METRIC = AfterValidator(_require_metrics)
ALL_METRICS = Field(
    description="By the name of the metric.", json_schema_extra={"required": list(METRICS)}
)


class _Part(BaseModel):
    """A part of a document. Keys that this version does not know are left alone."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class EstimatePart(_Part):
    """A mean over prompts with its 95 % bootstrap interval."""

    value: Number
    low: Number
    high: Number
    contexts: Annotated[Whole, Field(description="How many prompts have the figure.")]


class ContrastPart(_Part):
    """A method less the reference, paired by prompt."""

    difference: EstimatePart
    p_value: Annotated[Share | None, Field(description="Of the two-sided sign-flip test.")]
    adjusted: Annotated[
        Share | None, Field(description="After Holm's correction over the setting's methods.")
    ]


class _Placed(_Part):
    method: str
    count: Annotated[int, Field(ge=1, description="Texts asked for.")]
    max_steps: Annotated[int, Field(ge=1, description="Tokens of a text at most.")]


class PointPart(_Part):
    """A method in the plane of a cost and a quality."""

    method: str
    cost: float
    quality: float
    on_frontier: bool
    support: Annotated[Share, Field(description="Share of resampled sets of prompts.")]


class FrontierPart(_Part):
    """All methods in one plane, cheapest first."""

    count: Annotated[int, Field(ge=1)]
    max_steps: Annotated[int, Field(ge=1)]
    quality: Annotated[str, Field(json_schema_extra={"enum": list(QUALITIES)})]
    cost: Annotated[str, Field(json_schema_extra={"enum": list(COSTS)})]
    points: list[PointPart]


class BinPart(_Part):
    """Forecasts of about one probability."""

    low: Share
    high: Share
    trials: Whole
    predicted: Share | None
    observed: EstimatePart


class CalibrationPart(_Part):
    """Forecasts held against draws."""

    event: str
    error: EstimatePart
    chance: Share
    excess: EstimatePart
    bins: list[BinPart]


class PromptPart(_Part):
    """A prompt and its right continuations."""

    text: str
    references: list[str]


class MeasuringPart(_Part):
    """How outcomes were measured."""

    reference: str
    seed: int
    whole_answers: bool


class EstimatesPart(_Placed):
    """The means of a method."""

    metrics: Annotated[dict[str, EstimatePart], BY_METRIC, ALL_METRICS]


class DifferencesPart(_Placed):
    """What a method has over the reference."""

    metrics: Annotated[dict[str, ContrastPart], BY_METRIC, ALL_METRICS]


class MethodPart(_Placed):
    """One method's figures, one entry a prompt."""

    prompts: list[Annotated[dict[str, Number], BY_METRIC, ALL_METRICS]]


class ComparisonDocument(_Part):
    """Decoding methods compared on the same prompts."""

    format: Literal["tempo comparison"]
    version: Literal[1]
    facts: Annotated[dict[str, Any], Field(description="What else decides the numbers.")]
    measuring: MeasuringPart
    grader: str | None
    prompts: Annotated[list[PromptPart], Field(min_length=1)]
    estimates: list[EstimatesPart]
    differences: list[DifferencesPart]
    frontiers: list[FrontierPart]
    calibrations: dict[str, CalibrationPart]
    figures: Annotated[list[MethodPart], Field(min_length=1)]


def read_comparison(content: bytes | str) -> ComparisonReport:
    """Return the report that a document holds.

    Raises:
        DocumentError: if it is no comparison document of a version known here, naming the place.
    """
    try:
        document = ComparisonDocument.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise _refusal(first) from None
    _require_whole(document)
    return report_of(document.model_dump())


def _require_whole(document: ComparisonDocument) -> None:
    """Check what holds between parts: one entry a prompt, no method twice, and the reference."""
    reference, places = document.measuring.reference, []
    for number, part in enumerate(document.figures):
        if len(part.prompts) != len(document.prompts):
            told = f"figures[{number}].prompts has {len(part.prompts)} entries"
            raise _broken(
                f"{told}; it must have one for each of the {len(document.prompts)} prompts"
            )
        places.append((part.method, part.count, part.max_steps))
    for method, count, max_steps in places:
        if places.count((method, count, max_steps)) > 1:
            told = f"{method!r} with count {count} and max_steps {max_steps}"
            raise _broken(f"figures has {told} more than once; it must have it once")
        if (reference, count, max_steps) not in places:
            told = f"count {count} and max_steps {max_steps}"
            raise _broken(f"figures has nothing of the reference {reference!r} with {told}")


def _broken(sentence: str) -> DocumentError:
    return DocumentError(f"the comparison document is broken: {sentence}")


def _refusal(error: ErrorDetails) -> DocumentError:
    place = error["loc"]
    if error["type"] == "json_invalid":
        return DocumentError(f"this is no {FORMAT!r} document, and no JSON: {error['msg']}")
    if not place or place[0] == "format":
        return DocumentError(f"this is no {FORMAT!r} document; `tempo compare` writes them")
    if place[0] == "version":
        return DocumentError(
            f"this {FORMAT!r} document is not of version {VERSION}, which this TEMPO reads; "
            "open it with the TEMPO that wrote it"
        )
    spelled = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return _broken(f"{spelled.removeprefix('.')}: {error['msg']}")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made from the models that read the document; do not edit.",
        **ComparisonDocument.model_json_schema(),
    }


if __name__ == "__main__":
    json.dump(json_schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
