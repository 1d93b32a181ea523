"""The source keeps its shape, and a module that does not would be noticed."""

from pathlib import Path, PurePosixPath

import pytest

from tests.architecture import shape

SOURCE = Path(__file__).parents[2] / "src" / "tempo"
MODULES = sorted(SOURCE.rglob("*.py"))
DOMAIN = sorted((SOURCE / "domain").rglob("*.py"))


def name(module):
    return module.relative_to(SOURCE).as_posix()


def found(judge, modules=MODULES):
    """What a judge finds in the text of each module, by its name; nothing where nothing is."""
    findings = {name(module): judge(module.read_text(encoding="utf-8")) for module in modules}
    return {where: what for where, what in findings.items() if what}


def test_there_is_source_to_judge():
    assert MODULES
    assert DOMAIN


def test_modules_are_shorter_than_three_hundred_lines():
    assert found(shape.modules_too_long) == {}


def test_functions_are_short():
    lengths = [
        shape.FunctionLength(f"{name(module)}:{function.name}", function.lines)
        for module in MODULES
        for function in shape.function_lengths(module.read_text(encoding="utf-8"))
    ]
    assert shape.functions_too_long(lengths) == []


def test_names_say_what_is_inside():
    paths = (path for path in SOURCE.rglob("*") if "__pycache__" not in path.parts)
    judged = {name(path): shape.names_that_say_nothing(path.relative_to(SOURCE)) for path in paths}
    assert {where: what for where, what in judged.items() if what} == {}


def test_nothing_rests_on_assert():
    assert found(shape.asserts) == {}


def test_domain_values_never_change():
    assert found(shape.open_dataclasses, DOMAIN) == {}


def test_whoever_catches_everything_says_why():
    assert found(shape.silent_handlers) == {}


def function_of(lines, docstring=""):
    return f"def long():\n    {docstring!r}\n" + "    x = 1\n" * lines


def test_a_module_of_three_hundred_lines_is_noticed():
    assert shape.modules_too_long("x = 1\n" * 299) == []
    assert shape.modules_too_long("x = 1\n" * 300) == ["300 lines (fewer than 300 allowed)"]


def test_one_function_over_sixty_lines_is_noticed_among_many_short_ones():
    short = [shape.FunctionLength("short", 3)] * 99
    assert shape.functions_too_long([*short, *shape.function_lengths(function_of(60))]) == []
    assert shape.functions_too_long([*short, *shape.function_lengths(function_of(61))]) == [
        "long: 61 lines (at most 60 allowed)"
    ]


def test_too_large_a_share_of_long_functions_is_noticed():
    long = shape.function_lengths(function_of(41)) * 3
    short = [shape.FunctionLength("short", 3)]
    assert shape.functions_too_long([*long, *short * 97]) == []
    assert shape.functions_too_long([*long, *short * 96]) == [
        "3 of 99 functions exceed 40 lines (at most 3% may): long (41), long (41), long (41)"
    ]


def test_a_docstring_does_not_count_as_body():
    assert shape.function_lengths('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n') == [
        shape.FunctionLength("f", 1)
    ]


@pytest.mark.parametrize("path", ["domain/utils.py", "common/lattice.py", "a/_base.py"])
def test_a_name_that_says_nothing_is_noticed(path):
    assert shape.names_that_say_nothing(PurePosixPath(path))


@pytest.mark.parametrize("path", ["domain/lattice.py", "baseline.py", "commonality/tokens.py"])
def test_a_name_that_merely_contains_one_is_left_alone(path):
    assert shape.names_that_say_nothing(PurePosixPath(path)) == []


def test_an_assert_is_noticed():
    assert shape.asserts("def f(x):\n    assert x\n") == [
        "line 2: assert (python -O drops it; raise an error of the tree instead)"
    ]


@pytest.mark.parametrize(
    "decorator",
    [
        "dataclass",
        "dataclass()",
        "dataclass(frozen=True)",
        "dataclass(slots=True)",
        "dataclass(frozen=True, slots=False)",
        "dataclasses.dataclass(slots=True)",
    ],
)
def test_a_dataclass_that_can_change_is_noticed(decorator):
    assert shape.open_dataclasses(f"@{decorator}\nclass Value:\n    x: int\n") == [
        "line 2: Value is not @dataclass(frozen=True, slots=True)"
    ]


def test_a_frozen_dataclass_with_slots_is_left_alone():
    source = "@dataclass(frozen=True, slots=True, kw_only=True)\nclass Value:\n    x: int\n"
    assert shape.open_dataclasses(source) == []


@pytest.mark.parametrize(
    "handler",
    [
        "except:",
        "except Exception:",
        "except BaseException as error:",
        "except (ValueError, Exception):",
        "except Exception:  # why:",
    ],
)
def test_a_handler_of_everything_without_a_reason_is_noticed(handler):
    assert shape.silent_handlers(f"try:\n    f()\n{handler}\n    pass\n") == [
        "line 3: catches everything without a '# why: ...' on its line"
    ]


@pytest.mark.parametrize(
    "handler", ["except ValueError:", "except Exception:  # why: a plug-in may raise anything"]
)
def test_a_handler_with_a_reason_or_a_name_is_left_alone(handler):
    assert shape.silent_handlers(f"try:\n    f()\n{handler}\n    pass\n") == []
