"""What a study of curves says of its prompts' figures."""

import json
import math
from dataclasses import replace

import pytest

from tempo.application.studies.curves.cells import (
    Cell,
    Contrast,
    Layout,
    PromptFigures,
    Quantity,
    require_counts,
)
from tempo.application.studies.curves.document import curve_document
from tempo.application.studies.curves.report import CurveReport
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.curves_plot import plot_curves
from tempo.interfaces.cli.studies.interpretability.curve_tables import curve_lines

LAYOUT = Layout(
    "curves",
    (
        Quantity("height", "how high", "place", ".1f", contrasts=(Contrast("a", "b"),)),
        Quantity("never", "never measured", "place"),
        Quantity("level", "a level", "place", ".1f", level=0.5, contrasts=(Contrast("a"),)),
    ),
)


def figures(number, shift):
    return PromptFigures(
        number,
        f"prompt {number}",
        {
            Cell("height", "a", 1.0): 2.0 + shift,
            Cell("height", "b", 1.0): 1.0,
            Cell("height", "b", 2.0): 4.0 if number else math.nan,
            Cell("level", "a", 0.0): 0.0,
        },
    )


@pytest.fixture
def report():
    return CurveReport(LAYOUT, tuple(figures(n, 0.1 * n) for n in range(10)), prompts=12)


def test_the_tables_hold_every_quantity_that_was_measured(report):
    assert "\n".join(curve_lines(report)) == (
        "== 10 contexts (stopped, 12 asked for); means with 95 % bootstrap intervals\n"
        "\n"
        "-- how high\n"
        "place               1               2\n"
        "-----  --------------  --------------\n"
        "a      2.5 [2.3, 2.6]               -\n"
        "b      1.0 [1.0, 1.0]  4.0 [4.0, 4.0]\n"
        "\n"
        "paired differences; p by random sign flips, and corrected over this table (Holm)\n"
        "           place         difference       p  corrected\n"
        "---------  -----  -----------------  ------  ---------\n"
        "a minus b      1  +1.5 [+1.3, +1.6]  0.0016     0.0016\n"
        "\n"
        "-- a level\n"
        "place               0\n"
        "-----  --------------\n"
        "a      0.0 [0.0, 0.0]\n"
        "\n"
        "paired differences; p by random sign flips, and corrected over this table (Holm)\n"
        "           place         difference       p  corrected\n"
        "---------  -----  -----------------  ------  ---------\n"
        "a minus 0      0  +0.0 [+0.0, +0.0]  1.0000     1.0000"
    )


def test_the_document_holds_the_same_and_nothing_undefined_as_a_number(report):
    document = curve_document(report, {"command": "tempo"}, {"seed": 42})
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text)["quantities"]["height"] == "how high"
    places = [(one["series"], one["place"], one["estimate"][3]) for one in document["estimates"]]
    assert places == [("a", 1.0, 10), ("b", 1.0, 10), ("b", 2.0, 9), ("a", 0.0, 10)]
    assert [(one["contrast"], one["place"]) for one in document["tests"]] == [
        ("a minus b", 1.0),
        ("a minus 0", 0.0),
    ]


def test_the_picture_has_a_panel_for_each_quantity_and_a_line_for_each_series(report):
    figure = plot_curves(report)
    assert [axes.get_title() for axes in figure.axes] == ["how high", "a level"]
    alone = replace(report, layout=replace(LAYOUT, quantities=LAYOUT.quantities[:1]))
    assert len(plot_curves(alone).axes) == 1
    first = figure.axes[0]
    assert [text.get_text() for text in first.get_legend().get_texts()] == ["a", "b"]
    assert [label.get_text() for label in first.get_xticklabels()] == ["1", "2"]


def test_a_number_below_one_is_refused_in_a_sentence():
    with pytest.raises(InvalidValueError) as caught:
        require_counts({"steps": 3, "width": 0})
    assert str(caught.value) == "width is 0; it must be 1 or more"
