"""Named arrays in one file: numpy's zip of arrays, or safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

from tempo.domain.errors import InvalidValueError, OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.domain.activations import Float32Array

ARRAY_FORMATS = ("npz", "safetensors")


def require_array_format(name: str) -> None:
    """Refuse a format that arrays are not written in.

    Raises:
        InvalidValueError: naming those that they are.
    """
    if name not in ARRAY_FORMATS:
        message = f"format is {name!r}; choose one of {', '.join(ARRAY_FORMATS)}"
        raise InvalidValueError(message)


def save_arrays(arrays: Mapping[str, Float32Array], path: str | Path) -> None:
    """Write arrays under their names, in the format that the file's name ends in.

    Raises:
        OutputError: if the file cannot be written.
    """
    target = Path(path)
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    try:
        if target.suffix == ".npz":
            with target.open("wb") as file:
                np.savez(file, allow_pickle=False, **whole)
        else:
            target.write_bytes(save(whole, metadata={"format": "np"}))
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}; choose another place"
        raise OutputError(message) from error
