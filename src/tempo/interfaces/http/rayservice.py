"""The service as a file of Ray Serve names it: settings come from the environment alone.

`serve deploy`, and a RayService of KubeRay, call `application` by its import path.
"""

from __future__ import annotations

import os
from typing import Any

from tempo.application.serving.replica_plan import RAY, replica_plan
from tempo.application.serving.service_settings import service_settings
from tempo.domain.errors import ContradictionError, InvalidValueError
from tempo.interfaces.http.replicas import application_of


def application(args: dict[str, str]) -> Any:  # noqa: ANN401 - of Ray
    """Return what Ray Serve deploys.

    Raises:
        InvalidValueError, ContradictionError: for wrong settings, or settings in the file.
    """
    if args:
        message = (
            f"args holds {next(iter(args))!r}; settings of the service come from the environment, "
            "such as TEMPO_MODEL"
        )
        raise InvalidValueError(message)
    settings = service_settings({"engine": RAY}, os.environ)
    plan = replica_plan(settings)
    if plan is None:  # not with the engine above
        message = "engine is local; it must be ray"
        raise ContradictionError(message)
    return application_of(settings, plan)
