"""How many replicas of the service there are to be, and what each has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.application.serving.service_settings import SERVICE_DEFAULTS
from tempo.application.serving.store_place import MEMORY, database_of
from tempo.domain.errors import ContradictionError, IneffectiveSettingError, InvalidValueError

if TYPE_CHECKING:
    from tempo.application.serving.service_settings import ServiceSettings

LOCAL, RAY = "local", "ray"
ENGINES = (LOCAL, RAY)

OF_REPLICAS = (
    "address",
    "replicas",
    "min_replicas",
    "max_replicas",
    "replica_gpus",
    "replica_cpus",
)
"""Settings that say nothing where the service is one process."""


@dataclass(frozen=True, slots=True)
class ReplicaPlan:
    """Replicas, each with a model of its own, over one store.

    Attributes:
        address: of Ray's cluster; empty for one that is started on this machine.
        least: how few there may be.
        first: how many there are at first.
        most: how many there may be.
        gpus: of each; a fraction shares one.
        cpus: that each sets aside.
        requests: how many a replica is to have under way before another is started.
        stop_seconds: how long a replica may end what is under way.

    Raises:
        InvalidValueError: if the numbers of replicas are in no order.
    """

    address: str
    least: int
    first: int
    most: int
    gpus: float
    cpus: float
    requests: int
    stop_seconds: float

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.first <= self.most:
            message = (
                f"min_replicas is {self.least}, replicas {self.first} and max_replicas "
                f"{self.most}; each must be at least the one before, and the first at least 1"
            )
            raise InvalidValueError(message)
        if self.gpus > 1 and not float(self.gpus).is_integer():
            message = (
                f"replica_gpus is {self.gpus:g}; it must be a part of one GPU, at most 1, or a "
                "whole number of them"
            )
            raise InvalidValueError(message)

    @property
    def varies(self) -> bool:
        """Whether their number follows what is asked of them."""
        return self.least < self.most


def replica_plan(settings: ServiceSettings) -> ReplicaPlan | None:
    """Return the replicas that a service is to have; None for one that is this process.

    Raises:
        InvalidValueError: for an engine that there is none of, or numbers in no order.
        IneffectiveSettingError: for a setting of replicas where there are none.
    """
    if settings.engine not in ENGINES:
        message = f"engine is {settings.engine!r}; it must be one of {', '.join(ENGINES)}"
        raise InvalidValueError(message)
    if settings.engine == LOCAL:
        _require_default(settings)
        return None
    return ReplicaPlan(
        address=settings.address,
        least=settings.min_replicas or settings.replicas,
        first=settings.replicas,
        most=settings.max_replicas or settings.replicas,
        gpus=settings.replica_gpus,
        cpus=settings.replica_cpus,
        requests=settings.max_concurrent_runs,
        stop_seconds=settings.stop_seconds,
    )


def _require_default(settings: ServiceSettings) -> None:
    for name in OF_REPLICAS:
        value = getattr(settings, name)
        if value != SERVICE_DEFAULTS[name]:
            flag = f"--{name.replace('_', '-')}"
            message = (
                f"{name} is {value}, and engine local has no replicas; say --engine ray, or "
                f"leave {flag} out"
            )
            raise IneffectiveSettingError(message)


def shared_store(store: str, default: str) -> str:
    """Return the database that replicas share, where a file is one of SQLite.

    Raises:
        ContradictionError: for a store that each replica would have for itself.
    """
    if store == MEMORY:
        message = (
            f"store is {MEMORY}, which replicas cannot share; name a file on one machine, or "
            "postgresql://USER@HOST/DATABASE"
        )
        raise ContradictionError(message)
    url = database_of(store)
    return url or f"sqlite:///{Path(store or default).expanduser().absolute()}"


def require_shared(store: str, nodes: int) -> None:
    """Refuse a file for replicas that may be on several machines.

    Raises:
        ContradictionError: naming the file and what to use.
    """
    if nodes > 1 and store.startswith("sqlite:"):
        message = (
            f"store is {store.removeprefix('sqlite:///')}, and the cluster has {nodes} nodes, "
            "which share no file; name a database by --store postgresql://USER@HOST/DATABASE"
        )
        raise ContradictionError(message)
