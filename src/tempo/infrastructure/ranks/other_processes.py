"""What each process but the first becomes: a part of the models that the first one loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.infrastructure.ranks.membership import follow_first, takes_part
from tempo.infrastructure.wiring import Container

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.infrastructure.configuration import LoadingOptions


def follow_if_not_first(options: LoadingOptions) -> None:
    """Do what the first process tells, to the end, if this is another one of those that it leads.

    Raises:
        SystemExit: in each other process, at its end.
        InvalidValueError: if there is no launcher, or it started another number of processes.
        OutOfStepError: if the others do not answer in time.
    """
    if options.tensor_parallel:
        member = takes_part(options.tensor_parallel)
        if member.telling is None:
            follow_first(member, _part_of)


def _part_of(config: Mapping[str, object]) -> Container:
    container = Container()
    container.config.from_dict(dict(config))
    return container
