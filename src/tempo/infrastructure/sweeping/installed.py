"""What sweeps need beyond a plain install, where it is installed."""

from __future__ import annotations

from typing import Any

from tempo.domain.errors import InvalidValueError

HOW = 'pip install "tempo-decoding[sweep]"'


def require_tables() -> Any:  # noqa: ANN401 - a module without types
    """Return pyarrow with what reads and writes Parquet.

    Raises:
        InvalidValueError: if it is not installed, with what installs it.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - optional
        import pyarrow.parquet  # noqa: PLC0415
    except ImportError as error:
        message = f"a sweep's results need pyarrow, which is not installed here: {HOW}"
        raise InvalidValueError(message) from error
    return pa


def require_trials() -> Any:  # noqa: ANN401 - a module
    """Return optuna.

    Raises:
        InvalidValueError: if it is not installed, with what installs it.
    """
    try:
        import optuna  # noqa: PLC0415 - optional
        import optuna.storages.journal  # noqa: PLC0415
    except ImportError as error:
        message = f"a search needs optuna, which is not installed here: {HOW}"
        raise InvalidValueError(message) from error
    return optuna
