"""Each picture of a run: what it shows, what it says instead, and that paper holds it."""

import io
import sys
from dataclasses import replace

import pytest
from matplotlib.text import Text

from tempo.application.records.run_view import StepSpan
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.decision import Effect
from tempo.infrastructure.plotting.runs.attention_plot import plot_attention
from tempo.infrastructure.plotting.runs.compared_plot import plot_compared
from tempo.infrastructure.plotting.runs.cost_plot import plot_cost
from tempo.infrastructure.plotting.runs.entropy_plot import plot_entropy
from tempo.infrastructure.plotting.runs.kinds import PAGES, Kind
from tempo.infrastructure.plotting.runs.posterior_plot import ROWS
from tempo.infrastructure.plotting.runs.run_pictures import (
    LATTICE_STEPS,
    draw_compared,
    draw_run,
)
from tempo.infrastructure.plotting.runs.sets_plot import plot_sets
from tempo.infrastructure.plotting.runs.threshold_plot import plot_threshold
from tests.infrastructure.plotting.runs.drawn_runs import judged, long_run, run_of

STRANGE = [
    ["\n", "\r\n"],
    [" $x^2$", "$", "\\frac{"],
    ["\U0001f98a", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631"],
    ["\x1b[31m", "\x00", "\u202e"],
    ["</script>", "&amp;", "_" * 60],
]


def texts_of(figure):
    return [one.get_text() for one in figure.findobj(Text) if one.get_text()]


def lines_of(axes):
    return {line.get_label(): line for line in axes.lines}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ATTENTION])
@pytest.mark.parametrize(
    "view",
    [long_run(1), long_run(3, width=64), run_of(*STRANGE, name="a$b$\U0001f98a")],
    ids=["one step", "width 64", "strange texts"],
)
def test_every_picture_is_drawn_within_paper_whatever_the_run(kind, view):
    drawing = draw_run(view, kind)
    assert drawing.note == ""
    (sheet,) = drawing.sheets
    assert sheet.figure.get_figwidth() == 7.0
    assert sheet.figure.get_figheight() <= 9.5
    sheet.figure.savefig(io.BytesIO(), format="png", dpi=30)
    assert all(text.get_fontsize() >= 7 for text in sheet.figure.findobj(Text))


@pytest.mark.parametrize("kind", [Kind.SETS, Kind.ENTROPY, Kind.THRESHOLD, Kind.COST])
def test_a_long_run_is_one_picture_of_few_columns(kind):
    (sheet,) = draw_run(long_run(1300), kind).sheets
    drawn = io.BytesIO()
    sheet.figure.savefig(drawn, format="svg")
    assert len(drawn.getvalue()) < 500_000
    if kind is not Kind.COST:
        assert "step (means of 3 steps)" in texts_of(sheet.figure)


@pytest.mark.parametrize(
    ("kind", "steps"), [(Kind.POSTERIORS, ROWS), (Kind.LATTICE, LATTICE_STEPS)]
)
def test_a_long_run_is_paged_and_what_is_left_out_is_said(kind, steps):
    drawing = draw_run(long_run(steps * PAGES + 1), kind)
    assert len(drawing.sheets) == PAGES
    assert drawing.sheets[0].name == f"run-{kind.value}-01"
    size = -(-(steps * PAGES + 1) // (PAGES + 1))
    assert drawing.note == (
        f"run: the 12 pages of {kind.value} show steps 0 to {12 * size - 1}; "
        "name others by --steps A:B"
    )


def test_pages_are_of_one_length():
    drawing = draw_run(long_run(LATTICE_STEPS + 1), Kind.LATTICE)
    axes = [sheet.figure.axes[0] for sheet in drawing.sheets]
    assert [list(one.get_xticks()) for one in axes] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert drawing.note == ""


def test_what_a_document_does_not_hold_is_a_sentence_and_no_picture():
    plain = draw_run(run_of(["a"]), Kind.ATTENTION)
    idle = draw_run(run_of(["a"], settings={"retroactive_pruning": "attention"}), Kind.ATTENTION)
    free = draw_run(run_of(["a"], threshold=0.0), Kind.THRESHOLD)
    assert plain.sheets == idle.sheets == free.sheets == ()
    assert plain.note == (
        "run: no attention is drawn: a document holds what a rule of attention measured, and none "
        "judged these steps (retroactive_pruning attention)"
    )
    assert idle.note == (
        "run: no attention is drawn: its rule took nothing away, and a document holds no more"
    )
    assert free.note == (
        "run: no threshold is drawn: the threshold is 0 at every step, so that the width cap alone "
        "decides"
    )


def test_sets_stack_what_stands_and_what_was_there_before():
    figure = plot_sets(run_of(["a", "b"], ["c"], cut=3))
    bars = {one.get_label(): [bar.get_height() for bar in one] for one in figure.axes[0].containers}
    assert bars == {"kept": [2, 1], "over the width cap": [3, 3]}
    assert [bar.get_y() for bar in figure.axes[0].containers[1]] == [2, 1]


def test_probabilities_stand_above_and_entropy_below():
    above, below = plot_entropy(run_of(["a", "b"], ["c"], entropy=1.5, kept_mass=0.75)).axes
    drawn = lines_of(above)
    assert list(drawn["token of the best path"].get_ydata()) == [0.45, 0.9]
    assert list(drawn["all that is kept, together"].get_ydata()) == [0.75, 0.75]
    assert list(drawn["kept token"].get_ydata()) == [0.45, 0.45, 0.9]
    assert list(below.lines[0].get_ydata()) == [1.5, 1.5]


def test_the_threshold_stands_between_what_passed_and_what_did_not():
    axes = plot_threshold(run_of(["a", "b"], ["c"], threshold=0.1)).axes[0]
    drawn = lines_of(axes)
    assert list(drawn["least probable token that passed"].get_ydata()) == [0.45, 0.9]
    assert list(drawn["most probable token that did not"].get_ydata()) == [0.01, 0.01]
    (threshold,) = axes.patches
    assert list(threshold.get_data().values) == [0.1, 0.1]
    assert "setting: a share of the leading token" not in drawn


def test_a_setting_that_is_not_the_threshold_itself_is_drawn_beside_it():
    settings = {"selection_threshold": 0.4, "max_steps": 2}
    axes = plot_threshold(run_of(["a"], ["b"], threshold=0.1, settings=settings)).axes[0]
    drawn = lines_of(axes)["setting: a share of the leading token"]
    assert list(drawn.get_ydata()) == [0.4, 0.4]


def test_posteriors_name_what_does_not_fit_and_mark_where_the_best_path_is():
    view = long_run(1, width=9)
    view = replace(view, record=replace(view.record, best=(8,)))
    (sheet,) = draw_run(view, Kind.POSTERIORS).sheets
    shown = texts_of(sheet.figure)
    assert "\u2423word0" in shown
    assert "\u2423word7" not in shown
    assert "2 more: 0.22*" in shown


def test_a_page_of_the_lattice_says_how_many_rows_it_leaves_away():
    (sheet,) = draw_run(long_run(2, width=64), Kind.LATTICE).sheets
    shown = texts_of(sheet.figure)
    assert shown.count("54 more") == 2
    assert "\u2423word9\n0.01" in shown
    assert "\u2423word10\n0.01" not in shown


def test_attention_draws_each_measure_against_what_it_needed():
    decisions = [
        judged(0, 0, score=0.015, effect=Effect.WEAKENED),
        judged(1, 1, score=0.005),
        judged(1, 0, "relative_attention", score=0.3),
        judged(0, 1, effect=Effect.DESCENDANT, score=0.9),
        judged(0, 1, "posterior", score=0.8),
    ]
    absolute, relative = plot_attention(run_of(["a", "b"], ["c", "d"], decisions=decisions)).axes
    drawn = lines_of(absolute)
    assert list(drawn["weakened"].get_ydata()) == [0.015]
    assert list(drawn["pruned"].get_ydata()) == [0.005]
    assert list(drawn["needed"].get_ydata()) == [0.02, 0.02]
    assert list(lines_of(relative)["pruned"].get_ydata()) == [0.3]
    assert [text.get_text() for text in absolute.texts] == ["a", "d"]


def test_cost_sums_what_was_fed_beside_what_stayed():
    view = run_of(["a", "b"], ["c"], decisions=[judged(1, 9)])
    drawn = lines_of(plot_cost(view).axes[0])
    assert {name: list(line.get_ydata()) for name, line in drawn.items()} == {
        "2 separate sequences: 4": [2, 4],
        "tokens fed to the model: 4": [2, 4],
        "tokens that stayed: 3": [2, 3],
        "one sequence: 2": [1, 2],
    }


@pytest.mark.parametrize(
    ("kind", "values"),
    [(Kind.SETS, [2, 1]), (Kind.ENTROPY, [0, 0]), (Kind.COST, [2, 3])],
)
def test_runs_compare_by_a_line_each(kind, values):
    views = [run_of(["a", "b"], ["c"], name="one"), run_of(["a"], name="two")]
    drawn = lines_of(plot_compared(views, kind).axes[0])
    assert list(drawn) == ["one", "two"]
    assert list(drawn["one"].get_ydata()) == values
    assert len({(line.get_color(), line.get_linestyle()) for line in drawn.values()}) == 2


def test_what_shows_one_run_does_not_compare_and_many_runs_are_not_told_apart():
    with pytest.raises(InvalidValueError) as caught:
        draw_compared([long_run(1)] * 2, Kind.LATTICE)
    assert str(caught.value) == "lattice shows one run; draw each by itself"
    with pytest.raises(InvalidValueError) as caught:
        draw_compared([long_run(1)] * 9, Kind.COST)
    assert str(caught.value) == (
        "9 files in one picture cannot be told apart; name at most 8, or choose kinds that are "
        "drawn file by file: threshold, posteriors, lattice, attention"
    )


def test_a_span_is_drawn_alone():
    (sheet,) = draw_run(replace(long_run(30), span=StepSpan(10, 12)), Kind.COST).sheets
    assert list(lines_of(sheet.figure.axes[0])["one sequence: 2"].get_xdata()) == [10, 11]


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InvalidValueError) as caught:
        draw_run(long_run(1), Kind.COST)
    assert str(caught.value) == "plots need matplotlib: pip install 'tempo-decoding[plot]'"
