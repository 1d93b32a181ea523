"""The OpenAPI document, as it is committed: `python -m tempo.interfaces.http.description`."""

from __future__ import annotations

import json
import sys

from tempo.application.serving.service_settings import ServiceSettings
from tempo.interfaces.http.app import create_app


def openapi_text() -> str:
    """Return the document of a service with the default settings."""
    return json.dumps(create_app(ServiceSettings()).openapi(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(openapi_text())
