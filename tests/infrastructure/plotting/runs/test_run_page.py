"""The page of a run: all of it inside, nothing from outside, and no text is markup."""

import sys
from dataclasses import replace

import pytest

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.runs.run_page import MOST_STEPS, require_run_page, run_page
from tempo.infrastructure.plotting.runs.step_axis import SINGLE
from tests.infrastructure.plotting.html_page import Page
from tests.infrastructure.plotting.runs.drawn_runs import judged, long_run, run_of

HARM = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


def page_of(view):
    return Page(run_page(view)[0])


def test_the_page_asks_for_nothing_from_anywhere():
    text, note = run_page(run_of([" a", " b"], ["c"], settings={"max_width": 2}))
    page = Page(text)
    assert note == ""
    assert page.addresses()
    assert all(one.startswith("data:image/svg+xml;base64,") for one in page.addresses())
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object", "embed"}
    assert "default-src 'none'; img-src data:" in text
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("place", ["token", "prompt", "name", "setting"])
def test_text_from_a_run_is_never_markup(place):
    plain = page_of(run_of(["a"], prompt="p", name="n", settings={"stop": "s"}))
    harmful = page_of(
        run_of(
            [HARM if place == "token" else "a"],
            prompt=HARM if place == "prompt" else "p",
            name=HARM if place == "name" else "n",
            settings={"stop": HARM if place == "setting" else "s"},
        )
    )
    assert [tag for tag, _ in harmful.elements] == [tag for tag, _ in plain.elements]
    names = {name for _, attributes in harmful.elements for name in attributes}
    assert not any(name.startswith("on") for name in names)
    assert any("<script>" in data for _, data in harmful.said)


def test_each_step_can_be_reached_by_the_keyboard_and_lists_its_candidates():
    page = page_of(run_of([" park", " garden"], ["."]))
    steps = page.of_class("step")
    assert [one["tabindex"] for one in steps] == ["0", "0"]
    assert [one["class"] for one in steps] == ["step wide", "step"]
    assert steps[0]["aria-label"] == "step 0: \u2423park 0.450, \u2423garden 0.450, low 0.010"
    assert [one["class"] for one in page.of_class("row")] == [
        "row", "row kept best", "row kept", "row below-threshold",
        "row", "row kept best", "row below-threshold",
    ]  # fmt: skip
    assert page.texts("bdi")[2:6] == [" park", "\u2423park", "\u2423garden", "low"]


def test_the_lattice_has_a_circle_a_member_and_a_line_a_transition():
    page = page_of(run_of(["a", "b"], ["c", "d", "e"]))
    assert sum(tag == "circle" for tag, _ in page.elements) == 5
    assert sum(tag == "line" for tag, _ in page.elements) == 6
    assert len(page.of_class("n-best")) == 2
    assert [one["y2"] for one in page.of_class("l-best")] == ["40"]
    assert "step 1: e, probability 0.300, posterior 0.333" in page.texts("title")


def test_the_best_paths_transition_is_drawn_however_faint_it_is():
    view = run_of(["a"], [f"{index}" for index in range(64)])
    page = page_of(replace(view, record=replace(view.record, best=(0, 63))))
    (line,) = [attributes for tag, attributes in page.elements if tag == "line"]
    assert (line["class"], line["stroke-width"]) == ("l-best", "1.0")


def test_a_wide_step_shows_its_first_ranks_and_the_best_paths_token():
    view = long_run(1, width=64)
    view = replace(view, record=replace(view.record, best=(63,)))
    page = page_of(view)
    assert sum(tag == "circle" for tag, _ in page.elements) == 8
    (best,) = [one for one in page.texts("title") if "word63" in one]
    assert best == "step 0: \u2423word63, probability 0.014, posterior 0.016"
    assert len(page.of_class("best")) == 1
    assert "53 more" in page.texts("span")


def test_lines_break_where_the_text_does_and_what_is_invisible_is_spelled():
    page = page_of(run_of([" a\n"], ["\x1b[31m"], ["\u202e"]))
    assert [one for one in page.texts("bdi") if "\n" in one][1:] == [" a\u21b5\n"]
    assert {"\\x1b[31m", "\\u202e"} <= set(page.texts("bdi"))
    assert not any(one in data for one in "\x1b\u202e" for _, data in page.said)


def test_pictures_that_could_not_be_drawn_are_said():
    missing = "run: no attention is drawn: a document holds what a rule of attention measured"
    plain = run_of(["a"])
    assert any(one.startswith(missing) for one in page_of(plain).texts("p"))
    assert len(page_of(plain).addresses()) == 4
    judged_run = run_of(["a"], decisions=[judged(0, 0)])
    assert not any(one.startswith(missing) for one in page_of(judged_run).texts("p"))
    assert len(page_of(judged_run).addresses()) == 5


def test_a_page_has_so_many_steps_and_says_which():
    text, note = run_page(long_run(MOST_STEPS + 7))
    assert note == (
        "run: the page shows steps 0 to 499 of 507, which keeps it under about 5 MB; "
        "name others by --steps A:B"
    )
    page = Page(text)
    assert note in page.texts("p")
    assert len(page.of_class("step")) == MOST_STEPS


def test_the_widest_page_stays_within_what_is_said():
    """What a step adds whose lists are full, times the most steps, beside the pictures."""
    short, longer = (len(run_page(long_run(SINGLE + more, width=13))[0]) for more in (1, 11))
    assert MOST_STEPS * (longer - short) / 10 + short < 5_000_000


def test_the_same_run_gives_the_same_page():
    assert run_page(run_of(["a", "b"])) == run_page(run_of(["a", "b"]))


def test_without_its_library_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(InvalidValueError) as caught:
        require_run_page()
    assert str(caught.value) == "the page needs Jinja: pip install 'tempo-decoding[compare,plot]'"
