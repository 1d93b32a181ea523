"""What a configuration may hold beside settings: read from the options of commands themselves."""

from __future__ import annotations

from enum import Enum
from functools import cache
from inspect import Parameter, signature
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from tempo.application.configuration.document import WORDS
from tempo.application.configuration.keys import Key, Kind
from tempo.application.settings.predecessor import REPLACED
from tempo.infrastructure.configuration import BACKENDS, DTYPES, FAMILIES, QUANTISATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS: dict[type, Kind] = {
    str: Kind.TEXT,
    bool: Kind.TRUTH,
    int: Kind.WHOLE,
    float: Kind.NUMBER,
}

CHOICES: Mapping[str, tuple[str, ...]] = {
    "dtype": DTYPES,
    "backend": BACKENDS,
    "random_weights": ("", *FAMILIES),
    "quantisation": ("", *QUANTISATIONS),
}
"""Options that are read as any text on the command line, since loading judges them."""

OWN = ("config", "config_profile", "context")
"""What chooses the configuration is not in it."""


def keys_of(parameters: Iterable[Parameter]) -> dict[str, tuple[str, Key]]:
    """Return the keys that a command's options are, each with its parameter's name."""
    found = {}
    for parameter in parameters:
        key = _key(parameter)
        if key is not None:
            found[key.name] = (parameter.name, key)
    return found


@cache
def file_keys() -> Mapping[str, Key]:
    """Return all that a configuration may hold beside settings: the options of `generate`."""
    from tempo.interfaces.cli.generate_command import generate  # noqa: PLC0415 - it imports this

    return {
        name: key for name, (_, key) in keys_of(signature(generate).parameters.values()).items()
    }


def _key(parameter: Parameter) -> Key | None:
    """Return the key that an option is; None for what is no such option."""
    annotated = get_args(parameter.annotation)
    if len(annotated) < 2:  # noqa: PLR2004 - a type and what typer knows of it
        return None
    kind, info = annotated[0], annotated[1]
    flags = (info.default, *(info.param_decls or ()))  # typer takes the first for a default
    name = _word(parameter.name, flags)
    is_argument = type(info).__name__ == "ArgumentInfo"
    if is_argument or name in {*WORDS, *OWN} or (parameter.name in REPLACED and info.hidden):
        return None
    kind = next((part for part in get_args(kind) if part is not NoneType), kind)
    choices: tuple[str, ...] = ()
    if isinstance(kind, type) and issubclass(kind, Enum):
        choices, kind = tuple(str(one.value) for one in kind), str
    choices = CHOICES.get(name, choices)
    if kind not in KINDS:
        return None
    return Key(name, KINDS[kind], info.help or "", _default(parameter.default), choices)


def _word(name: str, flags: Iterable[object]) -> str:
    """Return the word of an option: its long flag with underscores."""
    long = [flag for flag in flags if isinstance(flag, str) and flag.startswith("--")]
    return long[0].split("/")[0].removeprefix("--").replace("-", "_") if long else name


def _default(value: Any) -> Any:  # noqa: ANN401 - of the option's type
    return str(value.value) if isinstance(value, Enum) else value
