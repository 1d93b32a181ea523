import sys

import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.collections import PathCollection

from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import Lattice
from tempo.domain.tokens import CandidateState, TokenId
from tempo.infrastructure.plotting.lattice_plot import BEST, LONGEST, OTHER, plot_lattice
from tests.strategies import candidate, lattice_step, lattices


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
@given(lattices())
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
