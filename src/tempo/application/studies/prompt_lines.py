"""The lines of a prompt file: each a prompt with its references, or the reason why it is none."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Held = TypeVar("Held")

PROMPT_KEYS = ("prompt", "text")
REFERENCES = "references"
FORM = f"it must be a JSON string, or an object with {' or '.join(map(repr, PROMPT_KEYS))}"

KINDS = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class PromptLine:
    """A prompt, and what is held to be a right continuation of it.

    Attributes:
        text: what is continued, with more in it than blanks.
        references: right continuations, any of which will do; empty where none is known.
    """

    text: str
    references: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.strip():
            message = "its prompt is blank"
            raise InvalidValueError(message)
        for part in (self.text, *self.references):
            if not _is_unicode(part):
                message = "it holds half of a surrogate pair, which is no character"
                raise InvalidValueError(message)


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that holds no prompt.

    Attributes:
        number: its place in the file, from 1 on.
        reason: a clause that says what is wrong with it.
    """

    number: int
    reason: str


Line: TypeAlias = PromptLine | BrokenLine


def read_lines(content: bytes, *, json_lines: bool) -> Iterator[Line]:
    r"""Yield what each line holds; blank lines hold nothing.

    Lines end in `\n`, `\r\n` or `\r`. With `json_lines` each is a JSON string, or an object with
    `prompt` (or `text`) and perhaps `references`, a string or a list of strings; other keys are
    left alone. Otherwise the line itself is the prompt.
    """
    read = _of_json if json_lines else PromptLine
    for _, line in numbered_lines(content, read):
        yield line


def numbered_lines(
    content: bytes, read: Callable[[str], Held]
) -> Iterator[tuple[int, Held | BrokenLine]]:
    """Yield the lines that are not blank, by number from 1 on, as `read` understands them.

    An `InvalidValueError` of `read` is the reason why a line is broken.
    """
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        try:
            text = _decoded(line)
            if text.strip():
                yield number, read(text)
        except InvalidValueError as error:
            yield number, BrokenLine(number, str(error))


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        message = f"it is not UTF-8 text: {error.reason} at byte {error.start} of the line"
        raise InvalidValueError(message) from error


def _of_json(line: str) -> PromptLine:
    return prompt_in(json_value(line))


def json_value(line: str) -> object:
    """Return what a line of JSON holds.

    Raises:
        InvalidValueError: with a clause that says why it is none.
    """
    try:
        held: object = json.loads(line)
    except RecursionError as error:
        message = "it is nested too deeply"
        raise InvalidValueError(message) from error
    except ValueError as error:
        message = f"it is no JSON ({error}); {FORM}"
        raise InvalidValueError(message) from error
    return held


def prompt_in(held: object) -> PromptLine:
    """Return the prompt that a line's JSON is.

    Raises:
        InvalidValueError: with a clause that says why it is none.
    """
    if isinstance(held, str):
        return PromptLine(held)
    if not isinstance(held, dict):
        message = f"it holds {kind_of(held)}; {FORM}"
        raise InvalidValueError(message)
    key = next((one for one in PROMPT_KEYS if one in held), None)
    if key is None:
        message = f"its object has neither {' nor '.join(map(repr, PROMPT_KEYS))}; {FORM}"
        raise InvalidValueError(message)
    if not isinstance(held[key], str):
        message = f"its {key!r} is {kind_of(held[key])}; it must be a string"
        raise InvalidValueError(message)
    return PromptLine(held[key], _references(held.get(REFERENCES)))


def _references(held: object) -> tuple[str, ...]:
    if held is None:
        return ()
    if isinstance(held, str):
        return (held,)
    if not isinstance(held, list):
        message = f"its {REFERENCES!r} is {kind_of(held)}; it must be a string or a list of strings"
        raise InvalidValueError(message)
    for one in held:
        if not isinstance(one, str):
            message = f"its {REFERENCES!r} holds {kind_of(one)}; it must hold strings alone"
            raise InvalidValueError(message)
    return tuple(held)


def kind_of(value: object) -> str:
    """Return what JSON calls a value, in words."""
    return KINDS.get(type(value), "null")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
