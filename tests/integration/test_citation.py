"""How TEMPO asks to be cited is what the package says of itself."""

import tomllib
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[2]


def test_the_citation_says_what_the_package_says():
    cited = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["version"] == project["version"]
    assert cited["license"] == project["license"]
    assert cited["keywords"] == project["keywords"]
    assert cited["authors"] == project["authors"]
    assert cited["title"].startswith("TEMPO: ")
