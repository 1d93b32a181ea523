"""Opening the store that replicas share, with a library that is an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.serving.store_place import FORMS, database_of
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.serving.shared_store import SharedRunStore


def shared_run_store(
    store: str, lease_seconds: float, told: Callable[[str | None], None] = lambda _: None
) -> SharedRunStore:
    """Open a database; a replica that is silent for `lease_seconds` loses its runs.

    `told` gets the reason once nothing can be written, and None once it goes on.

    Raises:
        InvalidValueError: if it is no database, or a library is missing.
        OutputError: if it cannot be opened.
    """
    url = database_of(store)
    if url is None:
        message = f"store is {store}, which replicas cannot share; it must be {FORMS}"
        raise InvalidValueError(message)
    try:
        from tempo.infrastructure.serving.shared.database import (  # noqa: PLC0415 - an extra
            opened,
        )
        from tempo.infrastructure.serving.shared.database_run_store import (  # noqa: PLC0415 - as above
            DatabaseRunStore,
        )
    except ImportError as error:
        message = "a store that is shared needs SQLAlchemy: pip install 'tempo-decoding[ray]'"
        raise InvalidValueError(message) from error
    return DatabaseRunStore(opened(url), lease_seconds, told)
