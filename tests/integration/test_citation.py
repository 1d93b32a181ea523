"""How TEMPO asks to be cited is what the package says of itself, and so is the changelog."""

import re
import tomllib
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]
CITED = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
SAID = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CHANGES = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
"""What Keep a Changelog 1.1.0 lets a release say, in its order."""


def test_the_citation_says_what_the_package_says():
    assert CITED["version"] == SAID["version"]
    assert CITED["license"] == SAID["license"]
    assert CITED["keywords"] == SAID["keywords"]
    assert CITED["authors"] == SAID["authors"]
    assert CITED["title"].startswith("TEMPO: ")


def releases():
    """The kinds of change under each heading of a release, newest first."""
    found = {}
    for line in CHANGES:
        if line.startswith("## "):
            found[line.removeprefix("## ")] = kinds = []
        elif line.startswith("### "):
            kinds.append(line.removeprefix("### "))
    return found


def test_the_changelog_has_the_form_it_names():
    """What is not released stands first; each release has its date, and its kinds their order."""
    unreleased, *dated = releases()
    assert CHANGES[0] == "# Changelog"
    assert unreleased == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", one) for one in dated)
    for kinds in releases().values():
        assert kinds == [one for one in KINDS if one in kinds]


def test_the_newest_release_of_the_changelog_is_the_package():
    """Before the first release there is none, and the package has the first number."""
    numbers = [one.partition("]")[0].removeprefix("[") for one in releases()][1:]
    assert SAID["version"] == (numbers or ["0.1.0"])[0]
