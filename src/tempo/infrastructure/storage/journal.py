"""JSON lines, each on disk at once; the first says what decides them all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tempo.domain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Key = TypeVar("Key")
Found = TypeVar("Found")


class Journal(Generic[Key, Found]):
    """Keeps what was found, by key, in a file that a later process reads and goes on with.

    Attributes:
        held: what is kept.
    """

    def __init__(
        self,
        path: str | Path,
        settings: Mapping[str, Any],
        *,
        line: Callable[[Key, Found], Mapping[str, Any]],
        read: Callable[[Any], tuple[Key, Found]],
        noun: str = "study",
    ) -> None:
        """Make the file and its folder, or read what was left there.

        What a broken last line held is found again.

        Args:
            path: of the file.
            settings: what decides the lines; a file under others is refused.
            line: makes a JSON object of a key and what was found.
            read: the other way round; a ValueError, KeyError or TypeError says that it is no line.
            noun: what a file under other settings holds another one of.

        Raises:
            OutputError: if the file cannot be written, or is of other settings.
        """
        self._path = Path(path).expanduser()
        self._settings = json.loads(json.dumps(settings))
        self._line, self._parse, self._noun = line, read, noun
        self.held: dict[Key, Found] = {}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size:
                self._read()
            else:
                self._path.write_text(json.dumps(self._settings) + "\n", encoding="utf-8")
        except OutputError:  # which is an OSError too
            raise
        except OSError as error:
            raise self._failure(error) from error

    def add(self, key: Key, found: Found) -> None:
        """Keep one more, on disk before this returns.

        Raises:
            OutputError: if it cannot be written.
        """
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._line(key, found)) + "\n")
        except OSError as error:
            raise self._failure(error) from error
        self.held[key] = found

    def _read(self) -> None:
        whole = self._path.read_bytes()
        first, *lines = whole.splitlines(keepends=True)
        self._require_same(first)
        kept = len(first)
        for line in lines:
            try:
                key, found = self._parse(json.loads(line))
            except (ValueError, KeyError, TypeError):
                break
            if not line.endswith(b"\n"):
                break
            self.held[key] = found
            kept += len(line)
        if kept < len(whole):
            self._path.write_bytes(whole[:kept])

    def _require_same(self, first: bytes) -> None:
        try:
            found = json.loads(first)
        except ValueError:
            found = None
        if found == self._settings:
            return
        known = found if isinstance(found, dict) else {}
        names = sorted(
            name
            for name in {*known, *self._settings}
            if known.get(name) != self._settings.get(name)
        )
        message = (
            f"{self._path} holds another {self._noun} (other {', '.join(names)}); "
            "name another folder, or give the settings with which it was begun to go on"
        )
        raise OutputError(message)

    def _failure(self, error: Exception) -> OutputError:
        reason = getattr(error, "strerror", None) or error
        return OutputError(f"{self._path} cannot be written: {reason}; choose another folder")
