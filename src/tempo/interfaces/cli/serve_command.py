"""`tempo serve`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.serving.replica_plan import replica_plan
from tempo.application.serving.service_settings import service_settings, variable
from tempo.domain.errors import ContradictionError, InvalidValueError
from tempo.infrastructure.configuration import LoadingOptions
from tempo.interfaces.cli.configuration.options import Config, ConfigProfile
from tempo.interfaces.cli.configuration.overlooked import tell_misspelt
from tempo.interfaces.cli.configuration.resolving import Place
from tempo.interfaces.cli.configuration.service import service_told
from tempo.interfaces.cli.loading_options import follow_if_other
from tempo.interfaces.cli.service_options import with_service_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.serving.replica_plan import ReplicaPlan
    from tempo.application.serving.service_settings import ServiceSettings


@with_service_options
def serve(
    *,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start again whenever the source changes.")
    ] = False,
    config: Config = None,
    config_profile: ConfigProfile = None,
    **given: Any,  # noqa: ANN401 - options of all types
) -> None:
    """Serve a model over HTTP; /docs shows what it answers. Ctrl-C ends it."""
    tell_misspelt()
    file = service_told(Place.of(config, config_profile, os.environ).sections())
    settings = service_settings(given, os.environ, file)
    plan = replica_plan(settings)
    _require_one_way(settings, plan, reload=reload)
    try:
        from tempo.interfaces.http import running  # noqa: PLC0415 - an extra, and takes a second
    except ImportError as error:
        message = "serving needs the extra `serve`: pip install 'tempo-decoding[serve]'"
        raise InvalidValueError(message) from error
    follow_if_other(LoadingOptions(tensor_parallel=settings.tensor_parallel))
    if plan is not None:
        from tempo.interfaces.http.replicas import run_replicas  # noqa: PLC0415 - as above

        run_replicas(settings, plan)
    elif reload:
        unsaid = {name: file[name] for name in file if variable(name) not in os.environ}
        os.environ.update(_as_environment(unsaid | _named(given)))
        running.run_reloading(settings)
    else:
        running.run_service(settings)


def _require_one_way(settings: ServiceSettings, plan: ReplicaPlan | None, *, reload: bool) -> None:
    """Refuse two ways to run the service that exclude each other.

    Raises:
        ContradictionError: naming both.
    """
    if plan is not None and reload:
        message = "--reload goes with --engine local; replicas are stopped and started again"
        raise ContradictionError(message)
    if reload and settings.tensor_parallel:
        message = (
            "reload starts one process again, and tensor_parallel needs several; leave one out"
        )
        raise ContradictionError(message)
    if plan is not None and settings.tensor_parallel:
        message = (
            "tensor_parallel splits a model over the processes of torchrun, and engine ray starts "
            "replicas of its own; leave one out"
        )
        raise ContradictionError(message)


def _as_environment(given: Mapping[str, Any]) -> dict[str, str]:
    """Return options as the environment says them, for the process that is started again."""
    return {variable(name): str(value) for name, value in given.items()}


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
