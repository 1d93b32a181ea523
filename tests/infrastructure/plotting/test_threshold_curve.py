import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.settings.reading import read_settings
from tempo.application.settings.threshold_preview import preview_of
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.curve_plot import plot_curve
from tempo.infrastructure.plotting.curve_scale import top_of
from tempo.infrastructure.plotting.terminal_curve import HEIGHT, draw_curve

COLUMNS = 44

RISING = """\
selection_threshold goes from 0 at step 0 to 1 at step 20: linear

(threshold) ^
         1 |
       0.9 | ⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
       0.8 | ⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
       0.7 | ⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
       0.6 | ⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
       0.5 | ⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
       0.4 | ⠀⠀⠀⠀⠀⠀⠀⠀⡠⠊
       0.3 | ⠀⠀⠀⠀⠀⠀⡠⠊
       0.2 | ⠀⠀⠀⠀⡠⠊
       0.1 | ⠀⠀⡠⠊
         0 | ⡠⠊
-----------|-|---------|---------|-> (step)
           | 0         10        20
"""


def preview(**settings):
    return preview_of(read_settings(settings))


def rows(drawing):
    """The rows of dots, the topmost first."""
    return [line.partition("| ")[2] for line in drawing.splitlines()[4 : 4 + HEIGHT]]


def test_a_curve_in_a_terminal():
    shown = preview(threshold=0, threshold_curve="linear", max_steps=21)
    assert draw_curve(shown, COLUMNS) == RISING


@pytest.mark.parametrize("threshold", [1, 0.5, 0.1, 0.02])
def test_a_threshold_at_the_end_of_its_axis_is_drawn_all_along(threshold):
    dots = rows(draw_curve(preview(threshold=threshold), COLUMNS))
    assert dots == ["⠉" * 20] + [""] * (HEIGHT - 1)


def test_a_threshold_of_zero_is_drawn_at_the_bottom():
    assert rows(draw_curve(preview(threshold=0), COLUMNS)) == [""] * (HEIGHT - 1) + ["⣀" * 20]


def test_a_run_of_one_step_is_a_line():
    dots = rows(draw_curve(preview(threshold=1, max_steps=1), COLUMNS))
    assert dots[0] == "⠉" * 20


@pytest.mark.parametrize(("columns", "most"), [(1, 44), (44, 44), (90, 90), (1000, 124)])
def test_a_drawing_fits_its_terminal_and_is_never_wider_than_can_be_read(columns, most):
    lines = draw_curve(preview(dynamic_threshold=True), columns).splitlines()[2:]
    assert max(map(len, lines)) <= most


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_axis_ends_at_or_above_every_value_and_not_far_above(one, other):
    top, highest = top_of([one, other]), max(one, other)
    assert highest <= top <= 1
    assert top <= max(1e-9, 2.5 * highest * (1 + 1e-9)) or highest == 0


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (0.01, 0.01), (0.011, 0.02), (0.3, 0.5), (0.51, 1), (1, 1)]
)
def test_an_axis_ends_at_a_round_number(highest, top):
    assert top_of([0, highest]) == top


def test_a_picture_has_the_threshold_of_every_step():
    shown = preview(threshold_curve="lci", final_threshold=0.15, max_steps=30)
    (axes,) = plot_curve(shown).axes
    (line,) = axes.lines
    assert list(line.get_xdata()) == list(range(30))
    assert list(line.get_ydata()) == list(shown.values())
    assert axes.get_ylabel() == "selection_threshold"
    assert axes.get_title() == shown.sentence
    assert axes.get_ylim() == (0, 0.2)


def test_a_long_run_is_drawn_by_some_of_its_steps():
    (axes,) = plot_curve(preview(dynamic_threshold=True, max_steps=10**9)).axes
    steps = axes.lines[0].get_xdata()
    assert (len(steps), steps[-1]) == (1000, 10**9 - 1)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InvalidValueError, match="plots need matplotlib: pip install"):
        plot_curve(preview())
