"""Ray, where it is installed."""

from __future__ import annotations

from typing import Any

from tempo.domain.errors import WorkerError

HOW = 'pip install "tempo-decoding[ray]"'


def require_ray() -> Any:  # noqa: ANN401 - a module
    """Return Ray with its data library.

    Raises:
        WorkerError: if it is not installed, with what installs it.
    """
    try:
        import ray  # noqa: PLC0415 - optional, and seconds
        import ray.data  # noqa: PLC0415
        import ray.util.scheduling_strategies  # noqa: PLC0415
    except ImportError as error:
        message = f"the engine ray needs Ray, which is not installed here: {HOW}"
        raise WorkerError(message) from error
    return ray
