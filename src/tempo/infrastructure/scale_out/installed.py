"""Ray, where it is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tempo.domain.errors import WorkerError

HOW = 'pip install "tempo-decoding[ray]"'


def require_ray(*parts: str) -> Any:  # noqa: ANN401 - a module
    """Return Ray, with parts of it such as `ray.data` loaded too.

    Raises:
        WorkerError: if it is not installed, with what installs it.
    """
    try:
        for part in parts:
            import_module(part)
        return import_module("ray")
    except ImportError as error:
        message = f"the engine ray needs Ray, which is not installed here: {HOW}"
        raise WorkerError(message) from error
