"""A run that its replica left, to be decoded anew from what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from tempo.application.serving.served_run import ServedRun
from tempo.domain.errors import RunStateError
from tempo.interfaces.http.asking import asked
from tempo.interfaces.http.named_runs import Named, forked_lattice, forked_run, work_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tempo.application.serving.event_log import Document
    from tempo.application.serving.run_store import KeptRun
    from tempo.interfaces.http.asking import Asked
    from tempo.interfaces.http.service import Service

STEPS = ("max_steps", "min_steps")
"""Settings that a fork may have of its own."""


def revived_run(service: Service, kept: KeptRun, told: Sequence[Document]) -> ServedRun:
    """Return a run that decodes anew what another replica was doing, and tells what comes behind.

    Raises:
        TempoError: if what it was asked cannot be done here.
    """
    from tempo.interfaces.http.run_schemas import RunRequest  # noqa: PLC0415 - made at run time

    try:
        body = RunRequest(**kept.asked)
    except ValidationError as error:
        message = "this release does not take what it was asked"
        raise RunStateError(message) from error
    run = _asked(service, kept, body)
    request_id = str(told[0].get("request_id", "")) if told else ""
    work = work_of(service, run, body, Named(kept.name, kept.parent, request_id))
    return ServedRun(kept.name, work, detached=body.detach, told=told)


def _asked(
    service: Service,
    kept: KeptRun,
    body: Any,  # noqa: ANN401 - a model made at run time
) -> Asked:
    if kept.parent is None:
        return asked(service.engine, service.settings, body.asked_prompt, body.words)
    left = service.registry.find(str(kept.parent["run_id"]))
    lattice, provenance = forked_lattice(service, left)
    names = {name: kept.asked[name] for name in STEPS if name in kept.asked}
    return forked_run(service, lattice, provenance, kept.parent, names)
