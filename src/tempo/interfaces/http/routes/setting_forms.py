"""Settings for forms: what there are, presets, and what is wrong with some."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field

from tempo.application.settings.checking import checked
from tempo.application.settings.presets import PRESETS
from tempo.application.settings.schema import settings_schema
from tempo.domain.errors import InvalidValueError
from tempo.interfaces.http.asking import bounds_of, require_bounds
from tempo.interfaces.http.routes.generate import REFUSALS
from tempo.interfaces.http.service import service_of

if TYPE_CHECKING:
    from tempo.application.settings.checking import Complaint
    from tempo.application.settings.threshold_preview import ThresholdPreview

MOST_POINTS = 101
"""So many points of a curve are told: more than a small picture shows."""

MOST_WORDS = 256
LONGEST_WORD = 200
"""Bounds of what is looked at, since a name that is wrong is compared with all that are right."""

router = APIRouter(
    prefix="/api/v1/settings",
    tags=["settings"],
    responses={code: REFUSALS[code] for code in (401, 403, 503)},
)


class SettingAnswer(BaseModel):
    """One setting: what it is called, what it means, what to try, and what it may be.

    `least` and `most` are its range here, within the service's bounds. `low`, `high` and `step` are
    what a slider offers, null for what is no number.
    """

    name: str
    kind: str
    group: str
    label: str
    meaning: str
    advice: str
    allowed: str
    default: Any
    choices: list[str]
    optional: bool
    least: float | None
    most: float | None
    open_below: bool
    step: float | None
    low: float | None
    high: float | None
    also: list[str]


class PresetAnswer(BaseModel):
    """Settings for one purpose, within the service's bounds; the others stand at their defaults."""

    name: str
    label: str
    meaning: str
    settings: dict[str, Any]


class SchemaAnswer(BaseModel):
    """Every setting, in the order of the help pages, presets, and the bounds of this service."""

    settings: list[SettingAnswer]
    presets: list[PresetAnswer]
    limits: dict[str, float]


class CheckRequest(BaseModel):
    """Some settings, by name or alias, as they stand in a form."""

    model_config = ConfigDict(extra="forbid")

    settings: Annotated[
        dict[str, Any], Field(description="Those that are left out have their defaults.")
    ]

    def require_bounds(self) -> None:
        """Refuse more than there are settings, and names that no setting could have.

        Raises:
            InvalidValueError: naming the bound.
        """
        if len(self.settings) > MOST_WORDS:
            message = f"{len(self.settings)} settings are named; name at most {MOST_WORDS}"
            raise InvalidValueError(message)
        longest = max(map(len, self.settings), default=0)
        if longest > LONGEST_WORD:
            message = (
                f"a setting's name has {longest} characters; none has more than {LONGEST_WORD}"
            )
            raise InvalidValueError(message)


class ComplaintAnswer(BaseModel):
    """What is wrong, with the setting that is to blame or null."""

    field: str | None
    message: str


class WithoutEffectAnswer(BaseModel):
    """A setting that could change nothing now, whatever its value, and what it needs."""

    field: str
    needs: str


class CurveAnswer(BaseModel):
    """The threshold over the run: at most 101 points, each a step and the threshold there."""

    setting: str
    shape: str
    sentence: str
    points: list[tuple[int, float]]


class CheckAnswer(BaseModel):
    """Settings, judged: no errors where they can be run."""

    errors: list[ComplaintAnswer]
    without_effect: list[WithoutEffectAnswer]
    curve: CurveAnswer | None


LIMITS = (
    "max_prompt_bytes",
    "max_prompt_tokens",
    "max_steps",
    "max_width",
    "max_cache_rows",
    "run_seconds",
)


@router.get("/schema")
async def schema(request: Request) -> SchemaAnswer:
    """Describe every setting, for forms and their tooltips."""
    service = service_of(request).settings
    bounds = bounds_of(service)
    return SchemaAnswer(
        settings=[SettingAnswer(**one) for one in settings_schema(bounds)],
        presets=[
            PresetAnswer(
                name=one.name, label=one.label, meaning=one.meaning, settings=one.within(bounds)
            )
            for one in PRESETS
        ],
        limits={name: getattr(service, name) for name in LIMITS},
    )


@router.post("/check", responses={413: REFUSALS[413], 422: REFUSALS[422]})
def check(request: Request, body: Annotated[CheckRequest, Body()]) -> CheckAnswer:
    """Say what is wrong with settings, which could change nothing now, and how a threshold goes.

    Wrong values and names that do not exist are among the `errors` of the answer, which is 200.
    """
    body.require_bounds()
    found = checked(body.settings, partial(require_bounds, service=service_of(request).settings))
    return CheckAnswer(
        errors=[_complaint(one) for one in found.complaints],
        without_effect=[
            WithoutEffectAnswer(field=name, needs=needs) for name, needs in found.without_effect
        ],
        curve=None if found.preview is None else _curve(found.preview),
    )


def _complaint(one: Complaint) -> ComplaintAnswer:
    """Return what is wrong; half a character in a name, which no answer can hold, is spelled."""
    field = None if one.field is None else one.field.encode(errors="backslashreplace").decode()
    return ComplaintAnswer(field=field, message=one.message)


def _curve(preview: ThresholdPreview) -> CurveAnswer:
    return CurveAnswer(
        setting=preview.setting,
        shape=preview.shape,
        sentence=preview.sentence,
        points=preview.points(MOST_POINTS),
    )
