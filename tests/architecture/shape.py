"""The shape of the source: rules that need only the text of a module.

Each rule takes the text and gives back what breaks it, one sentence a finding, so that the tests
can run it on the real source and on a module that is wrong on purpose.
"""

import ast
from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple

LONGEST_MODULE = 300
LONG_FUNCTION = 40
LONGEST_FUNCTION = 60
LONG_FUNCTIONS_ALLOWED = 0.03
NAMES_THAT_SAY_NOTHING = frozenset({"utils", "helpers", "manager", "common", "misc", "base"})
CATCHES_EVERYTHING = frozenset({"Exception", "BaseException"})
REASON = "# why:"

Function = ast.FunctionDef | ast.AsyncFunctionDef


class FunctionLength(NamedTuple):
    name: str
    lines: int


def modules_too_long(text: str) -> list[str]:
    lines = len(text.splitlines())
    if lines < LONGEST_MODULE:
        return []
    return [f"{lines} lines (fewer than {LONGEST_MODULE} allowed)"]


def function_lengths(text: str) -> list[FunctionLength]:
    """Every function with the lines of its body, its docstring left out."""
    return [
        FunctionLength(node.name, _body_lines(node))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, Function)
    ]


def functions_too_long(lengths: list[FunctionLength]) -> list[str]:
    """Functions over the hard limit; all long ones, when too large a share of them is long."""
    findings = [
        f"{name}: {lines} lines (at most {LONGEST_FUNCTION} allowed)"
        for name, lines in lengths
        if lines > LONGEST_FUNCTION
    ]
    long = [length for length in lengths if length.lines > LONG_FUNCTION]
    if len(long) > LONG_FUNCTIONS_ALLOWED * len(lengths):
        findings.append(
            f"{len(long)} of {len(lengths)} functions exceed {LONG_FUNCTION} lines "
            f"(at most {LONG_FUNCTIONS_ALLOWED:.0%} may): "
            + ", ".join(f"{name} ({lines})" for name, lines in long)
        )
    return findings


def names_that_say_nothing(path: PurePath) -> list[str]:
    return [
        f"the name '{part}' says nothing about its content"
        for part in (*path.parent.parts, path.stem)
        if part.strip("_").lower() in NAMES_THAT_SAY_NOTHING
    ]


def asserts(text: str) -> list[str]:
    return [
        f"line {node.lineno}: assert (python -O drops it; raise an error of the tree instead)"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assert)
    ]


def open_dataclasses(text: str) -> list[str]:
    """Dataclasses that can be changed after `__post_init__` has checked them."""
    return [
        f"line {node.lineno}: {node.name} is not @dataclass(frozen=True, slots=True)"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if _is_dataclass(decorator) and not {"frozen", "slots"} <= _keywords_set(decorator)
    ]


def silent_handlers(text: str) -> list[str]:
    """Handlers that catch everything without a reason on the same line."""
    lines = text.splitlines()
    return [
        f"line {node.lineno}: catches everything without a '{REASON} ...' on its line"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler)
        and _catches_everything(node.type)
        and not lines[node.lineno - 1].partition(REASON)[2].strip()
    ]


def _body_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    return (function.end_lineno or 0) - body[0].lineno + 1


def _is_dataclass(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called) in {"dataclass", "dataclasses.dataclass"}


def _keywords_set(decorator: ast.expr) -> set[str]:
    if not isinstance(decorator, ast.Call):
        return set()
    return {
        keyword.arg
        for keyword in decorator.keywords
        if keyword.arg is not None and ast.unparse(keyword.value) == "True"
    }


def _catches_everything(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    return any(name in CATCHES_EVERYTHING for name in _names(caught))


def _names(caught: ast.expr) -> Iterator[str]:
    for node in caught.elts if isinstance(caught, ast.Tuple) else [caught]:
        yield ast.unparse(node).removeprefix("builtins.")
