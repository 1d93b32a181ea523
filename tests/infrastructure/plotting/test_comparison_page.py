import base64
import sys
from xml.etree import ElementTree as ET

import pytest

from tempo.application.studies.comparison.tables import calibration_table, tables_of
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.comparison_page import comparison_page, require_page
from tests.application.studies.comparison.compared import ONE, TWO, report
from tests.infrastructure.plotting.html_page import Page

FACTS = {"command": 'tempo compare --prompts "<b>.jsonl"', "model": {"name": "embedded"}}


@pytest.fixture(scope="module")
def found():
    return report()


@pytest.fixture(scope="module")
def text(found):
    return comparison_page(found, FACTS)


def test_the_page_asks_for_nothing_from_anywhere(text):
    """Pictures are data, links lead to its own sections, nothing runs, and a policy says so."""
    page = Page(text)
    assert page.addresses()
    anchors = {f"#{attributes['id']}" for _, attributes in page.elements if "id" in attributes}
    for address in page.addresses():
        assert address.startswith("data:image/svg+xml;base64,") or address in anchors
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed"}
    assert "default-src 'none'; img-src data:" in text
    assert "url(" not in text
    assert "@import" not in text


def test_every_picture_is_whole_and_told_in_words(text):
    pictures = [attributes for tag, attributes in Page(text).elements if tag == "img"]
    assert (
        len(pictures) == 1 + 2 * 4 + 1
    )  # counts; a setting's frontiers and differences; forecasts
    for picture in pictures:
        drawn = ET.fromstring(base64.b64decode(picture["src"].partition(",")[2]))  # noqa: S314 - ours
        assert drawn.tag.endswith("svg")
        linked = [one.get("{http://www.w3.org/1999/xlink}href") for one in drawn.iter()]
        assert all(address is None or address.startswith("#") for address in linked)
        assert not any(one.tag.endswith(("image", "script", "style}")) for one in drawn.iter())
        assert len(picture["alt"]) > 20


def test_the_page_has_the_tables_that_the_terminal_has(text, found):
    expected = [
        *tables_of(found, ONE),
        *tables_of(found, TWO),
        *(calibration_table(name, one) for name, one in found.calibrations.items()),
    ]
    assert Page(text).tables == [[list(row) for row in table.rows] for table in expected]


def test_names_are_text_and_never_markup(text):
    assert "beam <2>" not in text
    assert "beam &lt;2&gt;" in text
    assert "tempo compare --prompts &#34;&lt;b&gt;.jsonl&#34;" in text


def test_the_same_report_gives_the_same_page(text):
    assert comparison_page(report(), FACTS) == text


def test_a_single_method_at_one_setting_has_no_rivals(found):
    page = Page(comparison_page(report(settings=(ONE,), methods=("greedy",)), {}))
    assert sum(tag == "img" for tag, _ in page.elements) == 3 + 1  # no counts, no differences


@pytest.mark.parametrize("module", ["jinja2", "matplotlib.figure"])
def test_without_its_libraries_one_sentence_says_what_to_install(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidValueError) as caught:
        require_page()
    assert str(caught.value) == (
        "the page needs Jinja and matplotlib: pip install 'tempo-decoding[compare,plot]'"
    )
