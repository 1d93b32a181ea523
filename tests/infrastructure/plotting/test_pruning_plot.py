import sys

import pytest

from tempo.application.studies.pruning.findings import Cell
from tempo.application.studies.pruning.plan import TextPlan
from tempo.application.studies.pruning.scores import SCORES
from tempo.application.studies.pruning.variants import STRENGTHS, Variant
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.pruning_plot import plot_pruning
from tempo.infrastructure.scripted.script import Script
from tests.application.studies.pruning.contexts import MET, prompt, random_prompts, report


@pytest.fixture(scope="module")
def found():
    script = Script.random(4, tokens=6, order=2)
    plan = {"lags": (2, 3), "sets": 4, "texts": TextPlan(steps=4)}
    return report(script, random_prompts(2), "lineage", "uniform", **plan)


def heights(axes):
    return [bars.lines[0].get_ydata().tolist() for bars in axes.containers]


def test_scores_stand_at_the_default_lag(found):
    axes = plot_pruning(found).axes[0]
    assert axes.get_title() == "sets of two or more, judged 3 steps later"
    assert heights(axes) == [
        [
            found.rankings[Cell(rule, 3, "2+", score)]["best"].value
            for rule in ("lineage", "uniform")
        ]
        for score in SCORES
        if score != "chance"
    ]
    _, labels = axes.get_legend_handles_labels()
    assert sorted(labels) == sorted(SCORES)


def test_each_superposition_has_a_panel_of_its_texts(found):
    panels = plot_pruning(found).axes[1:]
    assert [axes.get_title() for axes in panels] == ["lineage, 4 tokens", "path, 4 tokens"]
    for axes, superposition in zip(panels, ("lineage", "path"), strict=True):
        named = [found.texts[Variant(superposition, strength)] for strength in STRENGTHS]
        expected = [[one["log_probability_minus_none"].value] for one in named]
        assert heights(axes) == expected
        places = [bars.lines[0].get_xdata().tolist() for bars in axes.containers]
        assert places == [[one["live_rows"].value] for one in named]


def test_without_texts_the_scores_stand_alone():
    alone = report(MET, [prompt(MET)], "path", lags=(2,), sets=3)
    (axes,) = plot_pruning(alone).axes
    assert axes.get_title() == "sets of two or more, judged 2 steps later"


def test_without_matplotlib_the_error_says_what_to_install(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InvalidValueError, match="plots need matplotlib: pip install"):
        plot_pruning(found)
