"""Where a model comes from: the package, a folder, or a hub and its cache."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from huggingface_hub import constants, try_to_load_from_cache

from tempo.domain.errors import IneffectiveSettingError, InvalidValueError, ModelNotFoundError
from tempo.infrastructure.configuration import EMBEDDED, LoadingOptions
from tempo.infrastructure.embedded import embedded_model_path
from tempo.infrastructure.huggingface.loading_failures import gist

if TYPE_CHECKING:
    from collections.abc import Mapping

WEIGHTS = ("*.safetensors", "*.safetensors.index.json", "*.bin")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """What transformers is told to load.

    Attributes:
        name: what the user called it.
        location: a folder, or a hub id.
        arguments: what every `from_pretrained` is told beside it.
    """

    name: str
    location: str
    arguments: Mapping[str, Any]

    @classmethod
    def of(cls, name: object, options: LoadingOptions) -> ModelSource:
        """Find a model by folder, hub id or `embedded`, after the checks that need no network.

        Raises:
            ModelNotFoundError: if there is no such folder, it holds no model, or there is no way
                to the hub.
            InvalidValueError: for what can be no name, or an option of hubs beside a folder.
        """
        spelled = _spelled(name)
        folder = _local(spelled)
        trusted = {"trust_remote_code": options.trust_remote_code}
        if folder is not None:
            _refuse_hub_options(spelled, options)
            return cls(spelled, str(folder), trusted)
        place: dict[str, Any] = {}
        if options.revision:
            place["revision"] = options.revision
        if options.cache_dir:
            place["cache_dir"] = str(_folder(options.cache_dir))
        _require_hub(spelled, place, offline=options.offline)
        only = {"local_files_only": True} if options.offline else {}
        return cls(spelled, spelled, place | only | trusted)


def _spelled(name: object) -> str:
    """Return a model's name or path as text."""
    spelled = os.fspath(name) if isinstance(name, (str, os.PathLike)) else None
    if isinstance(spelled, str):
        return spelled
    message = f"model is {name!r}; it must be a folder, a hub id or 'embedded'"
    raise InvalidValueError(message)


def _refuse_hub_options(name: str, options: LoadingOptions) -> None:
    for option in ("revision", "cache_dir"):
        value = getattr(options, option)
        if value:
            message = (
                f"{option} is {value!r}, and {name} is no model of a hub; leave {option} out, "
                "or give a hub id"
            )
            raise IneffectiveSettingError(message)


def _local(name: str) -> Path | None:
    """Return the folder that a name stands for; None for what only a hub may have."""
    if name == EMBEDDED:
        return embedded_model_path()
    folder = _folder(name)
    if not name or not folder.exists():
        if name.startswith((".", "/", "~")) or not name:
            message = f"there is no folder {name!r}; give a model's folder, a hub id or 'embedded'"
            raise ModelNotFoundError(message)
        return None
    if not (folder / "config.json").is_file():
        message = f"{name} is no model: it holds no config.json"
        raise ModelNotFoundError(message)
    if not any(next(folder.glob(pattern), None) for pattern in WEIGHTS):
        message = f"{name} holds no weights; expected *.safetensors or *.bin beside config.json"
        raise ModelNotFoundError(message)
    return folder


def _folder(name: str) -> Path:
    """Return a name as a path.

    Raises:
        ModelNotFoundError: for a name that no path can have.
    """
    try:
        folder = Path(name).expanduser()
        folder.exists()
    except (OSError, RuntimeError) as error:
        message = f"{name!r} cannot be a model's folder or a hub id: {error}"
        raise ModelNotFoundError(message) from error
    return folder


def _require_hub(name: str, place: Mapping[str, Any], *, offline: bool) -> None:
    """Refuse at once what only a hub could have when no hub can be reached.

    A proxy may reach what this machine cannot name; then the attempt itself has to tell.

    Raises:
        ModelNotFoundError: if no copy is cached, and the hub may not be asked or cannot be found.
    """
    try:
        cached = (
            try_to_load_from_cache(name, "config.json", **place) if name.count("/") <= 1 else None
        )
    except ValueError as error:
        message = f"{name!r} is no folder, and no hub id: {gist(error)}"
        raise ModelNotFoundError(message) from error
    if isinstance(cached, str):
        return
    if offline:
        where = place.get("cache_dir", constants.HF_HUB_CACHE)
        told = f" at revision {place['revision']}" if "revision" in place else ""
        message = (
            f"there is no folder {name!r}, and no copy of a hub's model of this name{told} in "
            f"{where}; download it first (tempo models download {name}), or leave out offline"
        )
        raise ModelNotFoundError(message)
    if getproxies():
        return
    address = urlsplit(constants.ENDPOINT)
    try:
        socket.getaddrinfo(address.hostname, address.port or 443)
    except OSError as error:
        message = (
            f"there is no folder {name!r}, and the hub {address.hostname} cannot be reached to "
            "look for a model of this name; give a model's folder or 'embedded'"
        )
        raise ModelNotFoundError(message) from error
