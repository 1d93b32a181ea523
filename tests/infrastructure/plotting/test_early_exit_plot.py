"""The picture of early exit: every point and every bar, with words that name them."""

import sys

import pytest

from tempo.domain.early_exit import Criterion
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.early_exit_plot import plot_early_exit
from tests.application.studies.early_exit.contexts import plan, report, study


def test_speed_stands_by_agreement_and_bars_are_whole():
    found = report(plan(), study(after_a=0.3))
    speeds, exits = plot_early_exit(found).axes
    points = [one.lines[0].get_xydata().tolist() for one in speeds.containers]
    figures = [found.estimates[one.name] for one in found.policies]
    assert points == [[[one["agreement"].value, one["speed"].value]] for one in figures]
    assert speeds.get_xlabel() == (
        "rows that say what the full model says; joined: calibrated to 0.95"
    )
    assert [label.get_text() for label in exits.get_yticklabels()] == [
        "margin: greedy text, all exit layers",
        "margin: greedy text, cheapest layers",
        "margin: sets, row by row",
        "margin: sets, by the slowest",
    ]
    widths = [sum(bars[row].get_width() for bars in exits.containers) for row in range(4)]
    assert widths == pytest.approx([1.0] * 4)
    assert [text.get_text() for text in exits.texts][:4] == ["1"] * 4


def test_where_nobody_leaves_there_is_nothing_but_the_full_model():
    speeds, exits = plot_early_exit(
        report(plan(criteria=(Criterion.ENTROPY,)), study(sure=()))
    ).axes
    assert [text.get_text() for text in speeds.texts] == ["the full model"]
    assert (list(speeds.containers), list(exits.containers)) == ([], [])


def test_without_matplotlib_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InvalidValueError, match="plots need matplotlib"):
        plot_early_exit(report(plan(), study()))
