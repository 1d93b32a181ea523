"""The model that decodes here."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from tempo.interfaces.http.routes.generate import REFUSALS
from tempo.interfaces.http.service import service_of

router = APIRouter(
    prefix="/api/v1", tags=["models"], responses={code: REFUSALS[code] for code in (401, 403, 503)}
)


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
