"""What there is to ask for: settings, and the model."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from tempo.application.settings.schema import settings_schema
from tempo.interfaces.http.routes.generate import REFUSALS
from tempo.interfaces.http.service import service_of

router = APIRouter(
    prefix="/api/v1", tags=["models"], responses={code: REFUSALS[code] for code in (401, 403, 503)}
)


class SettingAnswer(BaseModel):
    """One setting: its name, what it means, and what it may be."""

    name: str
    kind: str
    group: str
    meaning: str
    allowed: str
    default: Any
    choices: list[str]
    optional: bool
    least: float | None
    most: float | None
    open_below: bool
    also: list[str]


class SchemaAnswer(BaseModel):
    """Every setting, in the order of the help pages, and the bounds of this service."""

    settings: list[SettingAnswer]
    limits: dict[str, float]


class ModelAnswer(BaseModel):
    """A model that decodes here."""

    id: str
    family: str
    fingerprint: str
    dtype: str
    device: str
    context: int
    vocabulary: int


class ModelList(BaseModel):
    """The models that decode here: one."""

    models: list[ModelAnswer]


LIMITS = (
    "max_prompt_bytes",
    "max_prompt_tokens",
    "max_steps",
    "max_width",
    "max_cache_rows",
    "run_seconds",
)


@router.get("/settings/schema")
async def schema(request: Request) -> SchemaAnswer:
    """Describe every setting, for forms and their tooltips."""
    service = service_of(request).settings
    return SchemaAnswer(
        settings=[SettingAnswer(**one) for one in settings_schema()],
        limits={name: getattr(service, name) for name in LIMITS},
    )


@router.get("/models")
def models(request: Request) -> ModelList:
    """Say which model decodes here."""
    engine = service_of(request).engine
    identity, description = engine.identity, engine.description
    return ModelList(
        models=[
            ModelAnswer(
                id=identity.name,
                family=identity.family,
                fingerprint=identity.fingerprint,
                dtype=identity.dtype,
                device=identity.device,
                context=description.context,
                vocabulary=description.vocabulary,
            )
        ]
    )
