"""Links of the pages that mkdocs does not build lead somewhere, to the heading that they name."""

import re
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify

PROJECT = Path(__file__).parents[2]
PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    PROJECT / "CHANGELOG.md",
    *sorted((PROJECT / "experiments").rglob("*.md")),
    *sorted((PROJECT / "examples").rglob("*.md")),
    *sorted((PROJECT / "benchmarks").rglob("*.md")),
]
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)


def prose(page):
    """A page without its code, in which brackets are no links."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page):
    """The names by which headings of a page are linked to."""
    return {slugify(heading, "-") for heading in HEADING.findall(prose(page))}


def broken(page, link):
    """What a link of a page lacks; empty where it leads somewhere, or to another site."""
    if re.match(r"[a-z]+:", link):
        return ""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(PROJECT) or not target.exists():
        return f"no file {path}"
    if anchor and anchor not in anchors(target):
        return f"no heading #{anchor} in {target.name}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page):
    links = LINK.findall(prose(page))
    assert [f"{link}: {said}" for link in links if (said := broken(page, link))] == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("docs/settings.md", ""),
        ("docs/settings.md#thresholds-over-time", ""),
        ("#two-commands", ""),
        ("http://example.org/nothing", ""),
        ("docs/nothing.md", "no file docs/nothing.md"),
        ("docs/settings.md#nothing", "no heading #nothing in settings.md"),
        ("#nothing", "no heading #nothing in README.md"),
        ("../elsewhere.md", "no file ../elsewhere.md"),
    ],
)
def test_a_link_that_leads_nowhere_is_told(link, said):
    assert broken(PROJECT / "README.md", link) == said


def test_the_links_of_the_readme_are_found():
    assert len(LINK.findall(prose(PROJECT / "README.md"))) > 30
