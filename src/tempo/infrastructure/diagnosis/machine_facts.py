"""What this machine offers, measured."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from huggingface_hub import constants
from packaging.requirements import Requirement

from tempo.application.diagnosis.machine import MachineFacts, Place
from tempo.infrastructure.embedded import embedded_model_path
from tempo.infrastructure.huggingface.loading import chosen_device
from tempo.infrastructure.paths import default_store
from tempo.infrastructure.sessions.memory import free_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

DISTRIBUTION = "tempo-decoding"
DRIVER = Path("/proc/driver/nvidia/version")
"""Linux: there if the driver of an NVIDIA GPU is loaded."""

AVAILABLE = Path("/proc/meminfo")
OPTIONAL = {
    "numba": ("compiled kernels for processors", "pip install 'tempo-decoding[cpu]'"),
    "fastapi": ("tempo serve", "pip install 'tempo-decoding[serve]'"),
    "matplotlib": ("plots", "pip install 'tempo-decoding[plot]'"),
}


def machine_facts(model: str, device: str, cache_dir: str, port: int) -> MachineFacts:
    """Measure this machine for a model of a folder on a device; `auto` is the best that there is.

    Raises:
        InvalidValueError: for an unknown device, or one that this machine does not have.
    """
    chosen = chosen_device(device)
    hub = Path(cache_dir or constants.HF_HUB_CACHE).expanduser()
    return MachineFacts(
        python=(sys.version_info.major, sys.version_info.minor),
        unmet=tuple(unmet(requires(DISTRIBUTION) or ())),
        optional=tuple(told for name, told in OPTIONAL.items() if find_spec(name) is None),
        memory=_free(chosen),
        device=_told(chosen),
        weights=_weights(model),
        disk=shutil.disk_usage(_existing(hub)).free,
        unused_gpu=DRIVER.exists() and not torch.cuda.is_available(),
        port=(port, is_free(port)),
        places=(
            _place("hub cache", hub, "HF_HUB_CACHE"),
            _place("kernel cache", _caches() / "tempo", "XDG_CACHE_HOME"),
            _place("kept runs", Path(default_store()).parent, "TEMPO_STORE"),
        ),
    )


def unmet(requirements: Iterable[str]) -> list[str]:
    """Return which requirements are not met here, each with what there is."""
    found = []
    for line in requirements:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            there = version(wanted.name)
        except PackageNotFoundError:
            found.append(f"{wanted.name} is not installed, and TEMPO needs {wanted.specifier}")
            continue
        if not wanted.specifier.contains(there, prereleases=True):
            found.append(f"{wanted.name} is {there}, and TEMPO needs {wanted.specifier}")
    return found


def is_free(port: int) -> bool:
    """Whether a service of this machine could listen on a port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free(device: torch.device) -> int:
    """Return the bytes that a model could take, what the system only caches among them."""
    if device.type == "cpu" and AVAILABLE.exists():
        for line in AVAILABLE.read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    return free_bytes(device)


def _told(device: torch.device) -> str:
    if device.type == "cuda":
        return f"cuda, {torch.cuda.get_device_name(device)}"
    return f"{device.type}, {torch.get_num_threads()} threads"


def _weights(model: str) -> int:
    folder = embedded_model_path() if model == "embedded" else Path(model).expanduser()
    files = list(folder.glob("*.safetensors")) or list(folder.glob("*.bin"))
    return sum(file.stat().st_size for file in files)


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.absolute().parents) if one.exists())


def _place(what: str, path: Path, variable: str) -> Place:
    return Place(what, str(path), os.access(_existing(path), os.W_OK), variable)


def _caches() -> Path:
    users = os.environ.get("XDG_CACHE_HOME", "")
    return Path(users) if Path(users).is_absolute() else Path.home() / ".cache"
