"""The page of models is what a run gives, and every family on it keeps every law."""

from pathlib import Path

import pytest

from tempo.infrastructure.configuration import FAMILIES
from tests.families import page

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


@pytest.fixture(scope="module")
def written():
    return page.page()


def test_the_page_is_current(written):
    assert PAGE.read_text(encoding="utf-8") == written, "make models-page"


def test_no_family_breaks_a_law_and_no_other_is_decoded(written):
    assert "broken" not in written
    assert "not refused" not in written


def test_every_family_is_on_it(written):
    assert set(page.CALLED) == set(FAMILIES)
    for family in FAMILIES:
        assert f"| `{family}` |" in written


def test_a_broken_law_is_told(monkeypatch):
    from tempo.application.diagnosis.laws import LawReport

    reports = (LawReport(1, "one", 0.0, 1e-3), LawReport(2, "two", 0.5, 1e-3))

    class Check:
        def __init__(self, *_):
            pass

        def run(self, *_):
            return reports

    monkeypatch.setattr(page, "LawCheck", Check)
    assert page.held(None)[0] == "1; broken: 2"
