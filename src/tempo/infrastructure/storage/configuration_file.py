"""Configuration files: TOML, YAML and JSON, each key once, and nothing but plain values."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tempo.domain.errors import DocumentError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

MOST_BYTES = 1_048_576
"""No configuration is as long as this."""

NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+")
"""A number like 1e-3, which YAML 1.1 takes for a text."""


class StrictLoader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML ships no types
    """The safe loader, which makes no objects; a key that comes twice is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ANN401, FBT001, FBT002 - the loader's own
        """Return a mapping whose keys are different texts."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(self.construct_object(key, deep=True))
            if name in seen:
                message = f"the key {name!r} is there twice, again on line {_line(key)}"
                raise ValueError(message)
            seen.add(name)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


StrictLoader.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+.0123456789"))


def read_configuration(path: str) -> Mapping[str, object]:
    """Return what a configuration file holds; its name's ending says in which language.

    Raises:
        OutputError: if it cannot be read.
        DocumentError: if it is none, with the place in it where one is known.
    """
    file = Path(path).expanduser()
    read = READERS.get(file.suffix.lower())
    if read is None:
        message = f"{path} is no configuration: its name must end in .toml, .yaml, .yml or .json"
        raise DocumentError(message)
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"the configuration {path} cannot be read: {reason}; name a file that is there"
        raise OutputError(message) from error
    if len(content) > MOST_BYTES:
        message = f"{path} is no configuration: it is longer than {MOST_BYTES} bytes"
        raise DocumentError(message)
    try:
        found = read(content.decode("utf-8-sig"))
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        message = f"{path} is no configuration: {_reason(error)}"
        raise DocumentError(message) from error
    return _mapping(path, found)


def _mapping(path: str, found: object) -> Mapping[str, object]:
    found = {} if found is None else found  # YAML that holds nothing but comments
    if isinstance(found, dict) and all(isinstance(key, str) for key in found):
        return found
    message = f"{path} is no configuration: it must hold keys and values"
    raise DocumentError(message)


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    mark = getattr(error, "problem_mark", None)
    if isinstance(error, yaml.YAMLError) and mark is not None:
        return f"{getattr(error, 'problem', None) or 'broken YAML'}, on line {mark.line + 1}"
    return str(error)


def _line(node: Any) -> int:  # noqa: ANN401 - a node of the YAML library
    return int(node.start_mark.line) + 1


def _yaml(text: str) -> object:
    return yaml.load(text, Loader=StrictLoader)  # noqa: S506 - a safe loader, and a stricter one


def _json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_different, parse_constant=_no_number)


def _different(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            message = f"the key {key!r} is there twice"
            raise ValueError(message)
        found[key] = value
    return found


def _no_number(name: str) -> object:
    message = f"{name} is no number of JSON"
    raise ValueError(message)


READERS: dict[str, Callable[[str], object]] = {
    ".toml": tomllib.loads,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
}
"""By the ending of a file's name."""
