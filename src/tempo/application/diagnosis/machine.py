"""What a machine offers, and what of it is missing."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.application.diagnosis.finding import Finding, failed, note

GIB = 1 << 30
LITTLE_MEMORY = 2 * GIB
LITTLE_DISK = 5 * GIB
OLDEST = (3, 11)
SPARE = 1.2
"""A model takes its weights and about a fifth more."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that is written to.

    Attributes:
        what: what is kept there.
        path: where.
        is_writable: whether it, or what it would be made in, can be written to.
        variable: the environment variable that moves it.
    """

    what: str
    path: str
    is_writable: bool
    variable: str


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What was measured.

    Attributes:
        python: major and minor version.
        unmet: what the package requires and is not there, as `name version: needs ...`.
        optional: each optional part with the command that installs it, for those not there.
        memory: bytes free on the device; 0 where the system does not tell.
        device: where models run.
        weights: bytes of the chosen model's weights, 0 if it is not on this machine.
        disk: bytes free where models are kept.
        unused_gpu: whether there is a GPU that this PyTorch cannot use.
        port: the port that the service takes, and whether it is free.
        places: the folders that are written to.
    """

    python: tuple[int, int]
    unmet: tuple[str, ...]
    optional: tuple[tuple[str, str], ...]
    memory: int
    device: str
    weights: int
    disk: int
    unused_gpu: bool
    port: tuple[int, bool]
    places: tuple[Place, ...]


def machine_findings(facts: MachineFacts) -> tuple[Finding, ...]:
    """Return what there is to say of a machine."""
    return (
        _python(facts.python),
        *_packages(facts),
        _memory(facts),
        _disk(facts.disk),
        _device(facts),
        _port(*facts.port),
        *map(_place, facts.places),
    )


def _python(version: tuple[int, int]) -> Finding:
    told = ".".join(map(str, version))
    if version < OLDEST:
        return failed("python", told, "install Python 3.11 or newer, and TEMPO into it")
    return Finding("python", told)


def _packages(facts: MachineFacts) -> list[Finding]:
    unmet = [failed("package", one, "pip install --upgrade tempo-decoding") for one in facts.unmet]
    missing = [note("optional part", f"{what} is not there", how) for what, how in facts.optional]
    return unmet + missing or [Finding("packages", "all that are required, and the optional ones")]


def _memory(facts: MachineFacts) -> Finding:
    subject, free = "memory", f"{_shown(facts.memory)} free on {facts.device}"
    needed = int(SPARE * facts.weights)
    if not facts.memory:
        return note(subject, "the system does not tell", "watch it while a model is loaded")
    if needed > facts.memory:
        return failed(
            subject,
            f"{free}, and this model takes about {_shown(needed)}",
            "choose a smaller model, --dtype bfloat16 or int8, or spread it with --device-map",
        )
    if facts.memory < LITTLE_MEMORY:
        return note(subject, free, "close other programs, or choose a small model")
    return Finding(subject, free)


def _disk(free: int) -> Finding:
    told = f"{_shown(free)} free where models are kept"
    if free < LITTLE_DISK:
        how = "tempo models list, then tempo models remove NAME; or set HF_HOME to another disk"
        return note("disk", told, how)
    return Finding("disk", told)


def _device(facts: MachineFacts) -> Finding:
    if facts.unused_gpu:
        return note(
            "device",
            f"models run on {facts.device}, and this PyTorch cannot use the NVIDIA GPU",
            "install a CUDA build of PyTorch that the driver supports (pytorch.org/get-started)",
        )
    return Finding("device", facts.device)


def _port(port: int, is_free: bool) -> Finding:  # noqa: FBT001 - a fact, not a mode
    if not is_free:
        return note("port", f"{port} is taken", "end what listens there, or tempo serve --port 0")
    return Finding("port", f"{port} is free for tempo serve")


def _place(place: Place) -> Finding:
    if not place.is_writable:
        return note(
            place.what,
            f"{place.path} cannot be written to",
            f"make it writable, or set {place.variable} to a folder that is",
        )
    return Finding(place.what, place.path)


def _shown(count: int) -> str:
    return f"{count / GIB:.1f} GiB"
