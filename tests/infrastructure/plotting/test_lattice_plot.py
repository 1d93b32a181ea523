import sys

import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.collections import PathCollection

from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import Lattice
from tempo.domain.tokens import CandidateState, TokenId
from tempo.infrastructure.plotting.lattice_plot import (
    BEST,
    EDGE,
    GONE,
    LONGEST,
    OTHER,
    plot_lattice,
)
from tests.strategies import candidate, lattice_step, lattices, with_gaps


def lattice_of(*steps):
    """Steps of texts; every transition is as probable."""
    widths = [1, *map(len, steps)]
    return Lattice(
        (TokenId(1),),
        tuple(
            lattice_step(
                number,
                [candidate(index, text.encode()) for index, text in enumerate(texts)],
                np.full((before, len(texts)), -np.log(len(texts))),
            )
            for number, (before, texts) in enumerate(zip(widths, steps, strict=False))
        ),
    )


def markers(figure):
    return [one for one in figure.axes[0].collections if isinstance(one, PathCollection)]


def labels(figure):
    return [text.get_text() for text in figure.axes[0].texts]


@settings(max_examples=20)
@given(with_gaps(lattices()))
def test_every_member_has_one_marker_at_its_step_and_rank(lattice):
    places = [tuple(marker.get_offsets()[0]) for marker in markers(plot_lattice(lattice))]
    assert sorted(places) == [
        (step.step, row) for step in lattice.steps for row in range(step.width)
    ]


def test_a_label_is_the_token_with_its_probability():
    figure = plot_lattice(lattice_of([" park", ""]))
    assert labels(figure) == ["␣park\n0.50", "<end>\n0.50"]


def test_the_best_path_stands_out():
    from matplotlib.colors import to_hex

    figure = plot_lattice(lattice_of(["a", "b"], ["c", "d"]), best=(1, 0))
    colours = [to_hex(marker.get_facecolor()[0]) for marker in markers(figure)]
    assert colours == [OTHER, BEST, BEST, OTHER]


def test_the_best_path_is_joined_in_its_colour():
    lattice = lattice_of(["a", "b"], ["c", "d"])
    lines = plot_lattice(lattice, best=(1, 0)).axes[0].lines
    assert {tuple(line.get_ydata()): line.get_color() for line in lines} == {
        (0, 0): EDGE,
        (0, 1): EDGE,
        (1, 0): BEST,
        (1, 1): EDGE,
    }
    assert {line.get_color() for line in plot_lattice(lattice).axes[0].lines} == {EDGE}


def test_a_line_does_not_cross_the_letters_of_a_label():
    (text, *_) = plot_lattice(lattice_of(["a"])).axes[0].texts
    (rim,) = text.get_path_effects()
    assert rim._gc == {"linewidth": 2.0, "foreground": "white"}


def test_without_a_best_path_none_stands_out():
    from matplotlib.colors import to_hex

    figure = plot_lattice(lattice_of(["a", "b"]))
    assert {to_hex(marker.get_facecolor()[0]) for marker in markers(figure)} == {OTHER}


def test_neighbours_are_joined_by_lines_as_wide_as_their_probability():
    rows = np.log([[0.25, 0.75]])
    lattice = Lattice(
        (TokenId(1),),
        (
            lattice_step(0, [candidate(1)], np.zeros((1, 1))),
            lattice_step(1, [candidate(1), candidate(2)], rows),
        ),
    )
    lines = plot_lattice(lattice).axes[0].lines
    assert [list(line.get_ydata()) for line in lines] == [[0, 0], [0, 1]]
    assert [line.get_linewidth() for line in lines] == pytest.approx([1.0, 3.0])


def test_a_finished_member_has_no_line_to_the_next_step():
    ended = candidate(0, b"", CandidateState.FINISHED)
    lattice = Lattice(
        (TokenId(1),),
        (
            lattice_step(0, [ended, candidate(1)], np.log([[0.5, 0.5]])),
            lattice_step(1, [candidate(1)], np.zeros((1, 1))),
        ),
    )
    lines = plot_lattice(lattice).axes[0].lines
    assert [list(line.get_ydata()) for line in lines] == [[1, 0]]


def faces(figure):
    from matplotlib.colors import to_hex

    return [to_hex(marker.get_facecolor()[0]) for marker in markers(figure)]


THIRDS = np.log([[1 / 3, 2 / 3], [2 / 3, 1 / 3]])


def after_pruning():
    """Step 1 was removed; step 2 lost its most probable token, and what is left has two rows."""
    gone = candidate(0, b"gone", CandidateState.PRUNED, probability=0.25)
    below = candidate(3, b"low", CandidateState.BELOW_THRESHOLD)
    return Lattice(
        (TokenId(1),),
        (
            lattice_step(0, [candidate(0, b"a"), candidate(1, b"b", attention=0.0)], THIRDS),
            lattice_step(
                2,
                [candidate(1, b"c"), candidate(2, b"d", attention=0.5)],
                THIRDS,
                others=[gone, below],
            ),
        ),
    )


def test_a_pruned_token_is_a_dashed_circle_at_its_rank_without_lines():
    figure = plot_lattice(after_pruning())
    places = {tuple(marker.get_offsets()[0]): marker for marker in markers(figure)}
    assert set(places) == {(0, 0), (0, 1), (2, 0), (2, 1), (2, 2)}
    dashed = {place for place, one in places.items() if one.get_linestyle()[0][1] is not None}
    assert dashed == {(2, 0)}
    ends = {(line.get_xdata()[1], line.get_ydata()[1]) for line in figure.axes[0].lines}
    assert ends == {(2, 1), (2, 2)}
    assert "gone\n0.25" in labels(figure)
    assert not any(label.startswith("low") for label in labels(figure))


def test_a_member_is_as_full_as_later_tokens_see_it():
    assert faces(plot_lattice(after_pruning(), best=(1, 1))) == [
        OTHER,
        "#ffffff",
        "#ffffff",
        OTHER,
        "#80b8d8",
    ]


def test_a_step_that_was_removed_is_a_band_that_says_so():
    figure = plot_lattice(after_pruning())
    (band,) = figure.axes[0].patches
    assert band.get_x() < 1 < band.get_x() + band.get_width()
    assert [text.xy[0] for text in figure.axes[0].texts if text.get_text() == "removed"] == [1]
    assert figure.axes[0].get_xlim() == pytest.approx((-0.6, 2.6))


def test_a_best_path_is_followed_across_a_step_that_was_removed():
    colours = faces(plot_lattice(after_pruning(), best=(0, 0)))
    assert colours == [BEST, "#ffffff", "#ffffff", BEST, "#cccccc"]


def test_what_was_pruned_is_written_in_grey():
    figure = plot_lattice(after_pruning())
    colours = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    assert colours["gone\n0.25"] == GONE
    assert colours["c\n0.50"] == "black"


@pytest.mark.parametrize("text", ["$", "$x^2$", "\\frac", "[a/b]", "{}", "_^", "%", "$\\bad{$"])
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_text_that_looks_like_mathematics_is_drawn_as_it_is(text, suffix, tmp_path):
    figure = plot_lattice(lattice_of([text, "b"], ["c"]))
    path = tmp_path / f"lattice.{suffix}"
    figure.savefig(path)
    assert labels(figure)[0] == f"{text}\n0.50"
    start = path.read_bytes()[:256]
    assert start.startswith(b"\x89PNG") if suffix == "png" else b"<svg" in path.read_bytes()


def test_a_long_run_is_drawn_up_to_its_first_two_hundred_steps():
    figure = plot_lattice(lattice_of(*[["a"]] * (LONGEST + 3)))
    assert len(markers(figure)) == LONGEST == 200


def test_a_run_without_steps_is_an_empty_picture():
    assert markers(plot_lattice(Lattice((TokenId(1),), ()))) == []


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InvalidValueError) as caught:
        plot_lattice(lattice_of(["a"]))
    assert str(caught.value) == "plots need matplotlib: pip install 'tempo-decoding[plot]'"
