"""How the processes that a launcher started find each other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import torch
from torch import distributed
from torch.distributed.rendezvous import rendezvous

from tempo.domain.errors import ContradictionError, InvalidValueError, OutOfStepError

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

AUTO = "auto"

JOINING = timedelta(seconds=60)
"""How long the first process is waited for."""

LOADING = timedelta(minutes=30)
"""How long the quickest process waits for the slowest to have loaded its part."""

STEP = timedelta(seconds=120)
"""How long a process waits for another within a pass. One that died is noticed at once, where the
system closes its connections; this is for one that hangs."""

LAUNCH = "torchrun --nproc-per-node {count} -m tempo ... --tensor-parallel {count}"
VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, slots=True)
class Place:
    """A process among those that a launcher started.

    Attributes:
        rank: its number, 0-based.
        count: how many there are.
        local: its number on its machine, which is that of its GPU.
    """

    rank: int
    count: int
    local: int

    def __post_init__(self) -> None:
        """Refuse what no launcher would say."""
        if not (0 <= self.rank < self.count and self.local >= 0):
            message = (
                f"RANK is {self.rank}, WORLD_SIZE {self.count} and LOCAL_RANK {self.local}; "
                "RANK goes from 0 to WORLD_SIZE - 1: let torchrun set them"
            )
            raise InvalidValueError(message)


def wanted_processes(given: str) -> int | None:
    """Return the number of processes that `tensor_parallel` names, None for as many as there are.

    Raises:
        InvalidValueError: for what is no number from 2 on.
    """
    if given == AUTO:
        return None
    if given.isdecimal() and int(given) > 1:
        return int(given)
    message = (
        f"tensor_parallel is {given!r}; give the number of processes, 2 or more, "
        "or auto for as many as torchrun started"
    )
    raise InvalidValueError(message)


def own_place(wanted: int | None) -> Place:
    """Return which process this is of those that torchrun started.

    Raises:
        InvalidValueError: if there is no launcher, or it started another number of processes.
    """
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    started = int(os.environ.get("WORLD_SIZE") or 1)
    if missing or started == 1:
        message = (
            f"tensor_parallel is {wanted or AUTO}, and this is one process; start several: "
            f"{LAUNCH.format(count=wanted or 2)}"
        )
        raise InvalidValueError(message)
    if wanted not in {None, started}:
        message = (
            f"tensor_parallel is {wanted}, and torchrun started {started} processes; "
            "give both the same number, or auto"
        )
        raise ContradictionError(message)
    rank = int(os.environ["RANK"])
    return Place(rank, started, int(os.environ.get("LOCAL_RANK") or rank))


def kind_of_device() -> str:
    """Return what the processes compute on: what transformers takes of a machine."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def require_device(device: str) -> None:
    """Refuse another device than the one that the processes compute on.

    Raises:
        ContradictionError: for each other one.
    """
    kind = kind_of_device()
    if device not in {AUTO, kind}:
        message = (
            f"device is {device}, and tensor_parallel goes over this machine's {kind}; leave "
            "device out" + (", or hide the GPUs (CUDA_VISIBLE_DEVICES=)" if kind == "cuda" else "")
        )
        raise ContradictionError(message)


def join(place: Place) -> ProcessGroup:
    """Find the other processes; return the group by which the first one tells the others.

    Raises:
        InvalidValueError: for more processes on a machine than it has GPUs.
        OutOfStepError: if the others do not answer in time.
    """
    device = None
    if kind_of_device() == "cuda":
        if place.local >= torch.cuda.device_count():
            message = (
                f"this is process {place.local + 1} of its machine, which has "
                f"{torch.cuda.device_count()} GPUs; start one process for each"
            )
            raise InvalidValueError(message)
        device = torch.device("cuda", place.local)
        torch.cuda.set_device(device)
    try:
        if not distributed.is_initialized():
            store, _, _ = next(rendezvous("env://", timeout=JOINING))
            distributed.init_process_group(
                backend="nccl" if device else "gloo",
                store=store,
                rank=place.rank,
                world_size=place.count,
                timeout=LOADING,
                device_id=device,
            )
        told: ProcessGroup = distributed.new_group(backend="gloo", timeout=LOADING)
    except (RuntimeError, ValueError, OSError) as error:
        where = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        message = (
            f"process {place.rank} of {place.count} found no others at {where} within "
            f"{JOINING.total_seconds():.0f} seconds: {str(error).splitlines()[0]}; see that all "
            "were started, by one torchrun"
        )
        raise OutOfStepError(message) from error
    return told


def hurry(group: ProcessGroup) -> None:
    """Let processes that have loaded wait for each other no longer than a pass may take."""
    distributed.distributed_c10d._set_pg_timeout(STEP, group)  # noqa: SLF001 - no public name
