import sys

import pytest

from tempo.application.studies.consolidation.report import ConsolidationReport
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.consolidation_plot import NEITHER, plot_consolidation
from tests.application.studies.consolidation.echoes import small_report


@pytest.fixture(scope="module")
def found():
    return small_report(prompts=2)


def points(axes):
    return {
        bars.lines[0].get_ydata()[0]: (bars.lines[0].get_xdata()[0], bars.lines[0].get_color())
        for bars in axes.containers
    }


def test_each_measure_has_a_panel_with_its_variants_less_alpha_0(found):
    panels = plot_consolidation(found).axes
    assert [axes.get_title().split(":")[0] for axes in panels] == [
        "held-out passages",
        "planted facts",
        "own texts",
    ]
    names = [label.get_text() for label in panels[0].get_yticklabels()]
    assert names == [one.name for one in found.plan.variants if one.name != "attention"]
    reading = points(panels[0])
    assert len(reading) == len(names)
    differences = found.differences["reading"]
    for name in names[1:]:
        assert reading[names.index(name)][0] == differences[name, "attention"]["nll"].value
    assert reading[0][0] == -differences["attention", "full context"]["nll"].value


def test_no_effect_is_grey_and_what_is_better_has_another_colour_than_what_is_worse(found):
    axes = plot_consolidation(found).axes[1]
    names = [label.get_text() for label in plot_consolidation(found).axes[0].get_yticklabels()]
    recall = found.differences["recall"]
    for name in names[1:]:
        if (name, "attention") not in recall:
            continue
        one = recall[name, "attention"]["share"]
        colour = points(axes)[names.index(name)][1]
        assert (colour == NEITHER) == (one.low <= 0 <= one.high)
    assert points(axes)[names.index("kv 0.5")][1] == "#0072b2"


def test_a_study_of_one_measure_has_one_panel():
    (axes,) = plot_consolidation(small_report(facts=0, prompts=0, rates=())).axes
    assert axes.get_title().startswith("held-out passages")


def test_without_matplotlib_the_error_says_what_to_install(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InvalidValueError, match="plots need matplotlib: pip install"):
        plot_consolidation(found)


def test_a_study_broken_off_before_anything_can_be_compared_is_an_empty_figure(found):
    begun = ConsolidationReport(found.plan, found.parts[:1], found.asked_for)
    assert plot_consolidation(begun).axes[0].get_yticks().tolist() == []
