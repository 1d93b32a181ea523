"""What TEMPO installs may be installed with it, and the page says under which licence."""

import tomllib
from pathlib import Path

import pytest

from tests.licences.page import (
    EXPLAINED,
    EXTRAS,
    HEAD,
    LEFT_OUT,
    is_permissive,
    licence,
    needed,
    row,
)

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "licences.md"
NEEDED = needed()


def test_the_page_has_a_line_for_each_package():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [row(name) for name in NEEDED if row(name) not in lines] == [], "make licences-page"
    assert {"torch", "transformers", "fastapi", "matplotlib", "numba", "sacrebleu"} <= set(NEEDED)


def test_every_extra_that_users_install_is_listed_or_named_as_left_out():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted([*EXTRAS, *LEFT_OUT, "dev"]) == sorted(project["optional-dependencies"])
    said = " ".join(HEAD.split())
    assert f"the extras {', '.join(EXTRAS[:-1])} and {EXTRAS[-1]}," in said
    assert f"the extras {', '.join(LEFT_OUT[:-1])} and {LEFT_OUT[-1]}." in said
    assert PAGE.read_text(encoding="utf-8").startswith(HEAD), "make licences-page"


def test_every_licence_is_permissive_or_explained():
    other = {name for name in NEEDED if not is_permissive(licence(name))}
    assert other == set(EXPLAINED)


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("MIT", True),
        ("Apache-2.0 AND (MIT)", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND LGPL-2.1-only", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("", False),
    ],
)
def test_a_licence_is_permissive_if_all_of_one_choice_is(licence, permissive):
    assert is_permissive(licence) is permissive
