"""Models spread over several devices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.configuration import DEVICE_MAPS


def device_map_of(given: str | Mapping[str, object]) -> str | dict[str, Any]:
    """Return how transformers is told to spread a model.

    Raises:
        InvalidValueError: for what is neither a known way nor a mapping, or without accelerate.
    """
    found: object = given
    if isinstance(given, str) and given not in DEVICE_MAPS:
        try:
            found = json.loads(given)
        except ValueError:
            found = None
    if isinstance(found, Mapping) and found:
        found = {str(module): device for module, device in found.items()}
    elif found not in DEVICE_MAPS:
        message = (
            f"device_map is {given!r}; choose one of {', '.join(DEVICE_MAPS)}, or give a JSON "
            'object of module to device, such as {"": "cuda:0"}'
        )
        raise InvalidValueError(message)
    if find_spec("accelerate") is None:
        message = (
            "device_map needs accelerate, not installed here: pip install accelerate, "
            "or choose one device"
        )
        raise InvalidValueError(message)
    spread: Any = found
    return spread if isinstance(spread, str) else dict(spread)
