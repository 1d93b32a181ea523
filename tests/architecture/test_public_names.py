"""The public names are a list that is sorted, importable and documented."""

import importlib
import inspect
from pathlib import Path

import pytest

import tempo

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"


def constants_then_classes_then_functions(name):
    """The order in which ruff (RUF022) sorts `__all__`."""
    if name.isupper():
        return (0, name)
    return (1 if name.lstrip("_")[0].isupper() else 2, name)


def test_the_public_names_are_sorted_and_given_once():
    names = list(tempo.__all__)
    assert names == sorted(set(names), key=constants_then_classes_then_functions)


@pytest.mark.parametrize("name", tempo.__all__)
def test_a_public_name_can_be_imported(name):
    assert hasattr(importlib.import_module("tempo"), name)


@pytest.mark.parametrize("name", tempo.__all__)
def test_a_public_name_is_documented(name):
    value = getattr(tempo, name)
    if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
        own = value.__dict__.get("__doc__") if inspect.isclass(value) else value.__doc__
        assert own, f"tempo.{name} has no docstring"
        assert not own.startswith(f"{name}("), f"tempo.{name} has only the dataclass's own text"


def test_the_reference_shows_the_public_names():
    assert "::: tempo\n" in REFERENCE.read_text(encoding="utf-8")
