"""Which process this is, and what it does about a model that several hold."""

from __future__ import annotations

import atexit
import signal
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, finalize

from torch import distributed

from tempo.domain.errors import OutOfStepError, TempoError
from tempo.infrastructure.configuration import LoadingOptions
from tempo.infrastructure.huggingface.loading import Loaded, load
from tempo.infrastructure.huggingface.support import describe
from tempo.infrastructure.ranks.following import Follower
from tempo.infrastructure.ranks.group import Together, ranks_of
from tempo.infrastructure.ranks.joining import Place, hurry, join, own_place, wanted_processes
from tempo.infrastructure.ranks.leading import LeadingBackend
from tempo.infrastructure.ranks.telling import REFUSALS, Call, Telling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from torch.distributed import ProcessGroup
    from transformers import PreTrainedModel

    from tempo.domain.ports.model_backend import ModelBackend, ModelDescription
    from tempo.infrastructure.ranks.following import Part

VERSIONS = ", ".join(f"{one} {version(one)}" for one in ("tempo-decoding", "torch", "transformers"))
"""Of what decides what a process computes: all processes must have the same."""

MODELS = count()
"""The number of the next model, in the order in which they are loaded."""

NUMBERS: WeakKeyDictionary[PreTrainedModel, int] = WeakKeyDictionary()
"""Of the models that the first process has loaded with others."""


@dataclass(frozen=True, slots=True, eq=False)
class Membership:
    """A process that has found the others.

    Attributes:
        place: which one it is.
        group: by which the first one tells the others.
        telling: how it does; None in the others.
    """

    place: Place
    group: ProcessGroup
    telling: Telling | None


@cache
def membership() -> Membership:
    """Find the other processes; return this one's place among them, the same each time.

    Raises:
        InvalidValueError: if there is no launcher.
        OutOfStepError: if the others do not answer in time.
    """
    place = own_place(None)
    group = join(place)
    if place.rank > 0:
        return Membership(place, group, None)
    telling = Telling(group)
    atexit.register(telling.end)
    return Membership(place, group, telling)


def takes_part(tensor_parallel: str) -> Membership:
    """Return this process's membership, given how many processes a user asked for.

    Raises:
        InvalidValueError: if there is no launcher, or it started another number of processes.
        OutOfStepError: if the others do not answer in time.
    """
    own_place(wanted_processes(tensor_parallel))
    return membership()


def follow_first(member: Membership, made: Callable[[Mapping[str, object]], Part]) -> NoReturn:
    """Do in this process what the first one tells, to the end, which is this process's too.

    Ctrl-C and a request to stop reach all processes at once; the first one decides what they mean.
    """
    stops: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stops.append(number))
    try:
        Follower(made, member.place.rank).follow(member.group)
    except Exception as error:  # why: whatever it was, the others must not wait for this one
        if stops and isinstance(error, OutOfStepError):
            raise SystemExit(0) from error
        sys.stderr.write(f"process {member.place.rank}: {error}\n")
        raise SystemExit(1) from error
    raise SystemExit(0)


def loaded_together(  # noqa: PLR0913, PLR0917 - what `load` takes, and the backend
    name: str,
    device: str,
    dtype: str,
    random_weights: str,
    options: LoadingOptions | None,
    backend: str,
) -> Loaded:
    """Load a model; where several processes hold one, each loads its part.

    Raises:
        ModelError, InvalidValueError: as `load`.
        OutOfStepError: if the other processes do not answer.
    """
    options = options or LoadingOptions()
    if not options.tensor_parallel:
        return load(name, device, dtype, random_weights, options)
    member = takes_part(options.tensor_parallel)

    def own_part() -> Loaded:
        return _met(member, lambda: load(name, device, dtype, random_weights, options))

    if member.telling is None:
        return own_part()
    config = {
        "model": name,
        "device": device,
        "dtype": dtype,
        "random_weights": random_weights,
        "options": options,
        "backend": backend,
    }
    number = next(MODELS)
    loaded = member.telling.at_length(Call("load", (number, config)), own_part)
    NUMBERS[loaded.model] = number
    finalize(loaded.model, member.telling.later, "unload", number).atexit = False
    return loaded


def _met(member: Membership, load_part: Callable[[], Loaded]) -> Loaded:
    """Wait for the slowest to have loaded; from then on nobody waits for long.

    Raises:
        ModelError, InvalidValueError: as `load`, in each process that could not.
        OutOfStepError: in the others; and where they run other versions.
    """
    failed: TempoError | None = None
    try:
        loaded = load_part()
    except REFUSALS as error:
        failed = error
    told: list[Any] = [None] * member.place.count
    own = (VERSIONS, "" if failed is None else f"{type(failed).__name__}: {failed}")
    distributed.all_gather_object(told, own, group=member.group)
    if failed is not None:
        raise failed
    for rank, (versions, why) in enumerate(told):
        if versions != VERSIONS or why:
            reason = why or f"it runs {versions}, and process {member.place.rank} {VERSIONS}"
            message = f"process {rank} could not load its part of the model: {reason}"
            raise OutOfStepError(message)
    ranks = ranks_of(loaded.model)
    if isinstance(ranks, Together):
        hurry(ranks.group)
    return loaded


def described_together(model: PreTrainedModel, name: str) -> ModelDescription:
    """Return a model's facts, to which each process that holds a part contributes.

    Raises:
        UnsupportedModelError: for a model that cannot be decoded here.
    """
    number = NUMBERS.get(model)
    telling = membership().telling if number is not None else None
    if telling is None:
        return describe(model, name)
    return telling.now(Call("describe", (number,)), lambda: describe(model, name))


def led(backend: ModelBackend, model: PreTrainedModel) -> ModelBackend:
    """Return a backend that the other processes follow, if they hold a part of its model."""
    number = NUMBERS.get(model)
    telling = membership().telling if number is not None else None
    if number is None or telling is None:
        return backend
    leading: Any = LeadingBackend(backend, telling, number, ranks_of(model).count)
    checked: ModelBackend = leading
    return checked
