"""Where runs are kept, as a user says it: a file, nowhere, or a database that replicas share."""

from __future__ import annotations

from tempo.domain.errors import InvalidValueError

MEMORY = ":memory:"
"""Says that runs are kept nowhere past the end of the process."""

_MARK = "://"
_SCHEMES = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}
FORMS = "a file's path, :memory:, sqlite:///FILE or postgresql://USER@HOST/DATABASE"


def database_of(store: str) -> str | None:
    """Return the URL of a database that replicas share; None for what is of one process.

    Raises:
        InvalidValueError: for a URL that is none of a database's; it may hold a password, and is
            not repeated.
    """
    if _MARK not in store:
        return None
    scheme, _, rest = store.partition(_MARK)
    if scheme not in _SCHEMES:
        message = f"store is a URL of {scheme[:40]!r}; it must be {FORMS}"
        raise InvalidValueError(message)
    if _SCHEMES[scheme] == "sqlite" and not rest.removeprefix("/"):
        message = f"store is {store}, which names no file; it must be {FORMS}"
        raise InvalidValueError(message)
    if _SCHEMES[scheme] == "sqlite" and not rest.startswith("/"):
        message = f"store is {store}; SQLite's URL has three slashes before a file: sqlite:///FILE"
        raise InvalidValueError(message)
    return f"{_SCHEMES[scheme]}{_MARK}{rest}"


def shown_store(store: str) -> str:
    """Return a store as it may be shown: without the password of its URL."""
    scheme, mark, rest = store.partition(_MARK)
    place, at, host = rest.rpartition("@")
    user, colon, _ = place.partition(":")
    has_password = colon and scheme in _SCHEMES and _SCHEMES[scheme] != "sqlite"
    return f"{scheme}{mark}{user}:***{at}{host}" if has_password else store
