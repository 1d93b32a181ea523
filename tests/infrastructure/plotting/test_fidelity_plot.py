import sys

import pytest

from tempo.domain.errors import InvalidValueError, OutputError
from tempo.infrastructure.plotting.fidelity_plot import plot_fidelity
from tempo.infrastructure.plotting.figure_file import require_figure, save_figure
from tests.application.studies.fidelity.contexts import CROSSED, prompt, report


@pytest.fixture(scope="module")
def found():
    return report(CROSSED, [prompt(CROSSED)], thresholds=(0.1, 0.3), depths=(1, 2))


def test_each_threshold_has_a_panel_and_each_rule_a_line_through_its_means(found):
    figure = plot_fidelity(found)
    assert [axes.get_title() for axes in figure.axes] == ["threshold 0.1", "threshold 0.3"]
    _, labels = figure.axes[0].get_legend_handles_labels()
    assert set(labels) >= {"lineage", "path", "marginal", "uniform"}
    assert len(labels) == 6
    for axes, threshold in zip(figure.axes, (0.1, 0.3), strict=True):
        drawn = [bars.lines[0].get_ydata().tolist() for bars in axes.containers]
        expected = [
            [
                named["kl"].value
                for cell, named in found.estimates.items()
                if (cell.rule, cell.threshold) == (rule.name, threshold)
            ]
            for rule in found.plan.rules
        ]
        assert drawn == expected


def test_lines_are_told_apart_without_colour(found):
    markers = [bars.lines[0].get_marker() for bars in plot_fidelity(found).axes[0].containers]
    assert len(set(markers)) == len(markers)


def test_depths_that_no_context_reached_are_left_open():
    empty = report(CROSSED, [prompt(CROSSED)], depths=(1, 2), budget=2)
    drawn = [bars.lines[0].get_ydata().tolist() for bars in plot_fidelity(empty).axes[0].containers]
    assert [len(line) for line in drawn] == [1, 1, 1, 1]


@pytest.mark.parametrize("suffix", ["pdf", "png", "svg"])
def test_a_figure_is_written_in_the_format_of_its_name(found, tmp_path, suffix):
    path = tmp_path / f"kl.{suffix}"
    require_figure(path)
    save_figure(plot_fidelity(found), path)
    assert path.stat().st_size > 1000


def test_a_place_that_is_gone_is_told(found, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        save_figure(plot_fidelity(found), tmp_path / "gone" / "kl.png")


def test_without_matplotlib_the_error_says_what_to_install(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for attempt in (lambda: plot_fidelity(found), lambda: require_figure("kl.png")):
        with pytest.raises(InvalidValueError, match="plots need matplotlib: pip install"):
            attempt()
