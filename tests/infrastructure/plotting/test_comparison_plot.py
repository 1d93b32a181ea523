import sys

import pytest

from tempo.application.studies.comparison.figures import COSTS, Cell
from tempo.application.studies.comparison.report import Plane
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.comparison_plot import QUALITY, plot_comparison, plot_counts
from tempo.infrastructure.plotting.comparison_style import MARKERS, methods_of, style
from tempo.infrastructure.plotting.contrast_plot import plot_calibration, plot_differences
from tempo.infrastructure.plotting.fidelity_plot import COLOURS
from tempo.infrastructure.plotting.figure_file import save_figure
from tests.application.studies.comparison.compared import ONE, TWO, report


@pytest.fixture(scope="module")
def found():
    return report()


def faces(axes):
    """For each method drawn, its mark and whether it is filled."""
    lines = [bars.lines[0] for bars in axes.containers]
    return {line.get_marker(): line.get_markerfacecolor() != "white" for line in lines}


def test_each_setting_has_a_row_with_a_panel_for_each_cost(found):
    figure = plot_comparison(found)
    assert len(figure.axes) == 2 * len(COSTS)
    assert [axes.get_xlabel() for axes in figure.axes[: len(COSTS)]] == [
        "forward passes", "token rows", "cache row reads", "milliseconds", "peak memory, MB",
    ]  # fmt: skip
    assert figure.axes[0].get_title(loc="left") == "1 text of at most 4 tokens"
    assert figure.axes[5].get_title(loc="left") == "2 texts of at most 4 tokens"
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["greedy", "beam <2>", "uniform"]
    assert len(plot_comparison(found, settings=(TWO,)).axes) == len(COSTS)


def test_points_stand_where_the_means_are_and_are_filled_on_the_frontier(found):
    axes = plot_comparison(found, settings=(ONE,)).axes[1]
    drawn = {
        bars.lines[0].get_marker(): (bars.lines[0].get_xdata()[0], bars.lines[0].get_ydata()[0])
        for bars in axes.containers
    }
    points = {one.method: one for one in found.frontiers[Plane(ONE, QUALITY, "token_rows")]}
    for number, method in enumerate(("greedy", "beam <2>")):
        point = points[method]
        assert drawn[MARKERS[number]] == (point.cost, point.quality)
        assert point.on_frontier
    assert faces(axes) == {"o": True, "s": True, "D": False}


def test_what_is_far_below_the_frontier_stands_at_the_edge_with_an_arrow(found):
    """Greedy and beam differ by half a nat a token of three; the third is many times as far."""
    axes = plot_comparison(found, settings=(ONE,)).axes[1]
    worst = next(bars.lines[0] for bars in axes.containers if bars.lines[0].get_marker() == "D")
    means = found.estimates[Cell("greedy", ONE)][QUALITY], found.estimates[Cell("beam <2>", ONE)]
    greedy, beam = means[0].value, means[1][QUALITY].value
    assert worst.get_ydata()[0] == pytest.approx(greedy - (beam - greedy))
    assert [text.get_text() for text in axes.texts] == ["↓"]


def test_a_quality_that_nothing_has_is_not_drawn(found):
    with pytest.raises(InvalidValueError, match="grader_best_log_probability is nowhere defined"):
        plot_comparison(found, "grader_best_log_probability")


def test_differences_stand_one_below_the_other_and_the_reference_is_the_line(found):
    figure = plot_differences(found, TWO, (QUALITY, "coverage"))
    first, second = figure.axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["beam <2>", "uniform"]
    drawn = [bars.lines[0].get_xdata()[0] for bars in first.containers]
    contrasts = [found.contrasts[Cell(name, TWO)][QUALITY] for name in ("beam <2>", "uniform")]
    assert drawn == [one.difference.value for one in contrasts]
    assert all(one.adjusted > 0.05 for one in contrasts)  # three prompts can show nothing
    assert not any(faces(first).values())
    assert second.get_title() == "coverage"


def test_counts_stand_side_by_side(found):
    (axes,) = plot_counts(found).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]
    for bars, method in zip(axes.containers, methods_of(found), strict=True):
        assert bars.lines[0].get_ydata().tolist() == [
            found.estimates[Cell(method, setting)][QUALITY].value for setting in (ONE, TWO)
        ]


def test_calibration_stands_beside_the_diagonal(found):
    held = found.calibrations["lineage"]
    upper, lower = plot_calibration(held).axes
    (bars,) = upper.containers
    used = [one for one in held.bins if one.trials]
    assert bars.lines[0].get_xdata().tolist() == [one.predicted for one in used]
    assert bars.lines[0].get_ydata().tolist() == [one.observed.value for one in used]
    assert [patch.get_height() for patch in lower.patches] == [one.trials for one in used]


def test_methods_are_told_apart_in_colour_and_thirteen_of_them_in_grey():
    assert len({style(number)["marker"] for number in range(len(MARKERS))}) == 13
    pairs = {(style(n)["color"], style(n)["marker"]) for n in range(len(COLOURS) * len(MARKERS))}
    assert len(pairs) == len(COLOURS) * len(MARKERS)


def test_a_comparison_without_matplotlib_says_what_to_install(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InvalidValueError, match=r"pip install 'tempo-decoding\[plot\]'"):
        plot_counts(found)


def test_the_same_picture_is_the_same_file(found, tmp_path):
    for name in ("a.pdf", "b.pdf"):
        save_figure(plot_comparison(found), tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
