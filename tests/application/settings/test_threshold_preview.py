"""A threshold over the steps, before the run."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.settings.reading import build_request, read_settings
from tempo.application.settings.threshold_preview import preview_of
from tempo.domain.errors import ContradictionError


def preview(**given_settings):
    return preview_of(read_settings(given_settings))


@pytest.mark.parametrize(
    ("given_settings", "sentence"),
    [
        ({}, "selection_threshold is 0.1 at every step"),
        ({"threshold_curve": "constant"}, "selection_threshold is 0.1 at every step"),
        ({"retroactive_pruning": "on"}, "posterior_floor is 0.02 at every step"),
        (
            {"bezier_p1": 0.3},
            "selection_threshold goes from 0.1 at step 0 to 1 at step 99: bezier 0.3, 0.8",
        ),
        (
            {"threshold_preset": "fast-start", "retroactive_pruning": "attention"},
            "attention_threshold goes from 0.01 at step 0 to 1 at step 99: bezier 0.8, 0.2",
        ),
        (
            {"use_relu": True, "final_threshold": 0.05, "max_steps": 5},
            "selection_threshold goes from 0.1 at step 0 to 0.05 at step 4: relu 0.5",
        ),
        (
            {"threshold_curve": "bezier_absolute", "retroactive_pruning": "on"},
            "posterior_floor goes from 0.02 at step 0 to 1 at step 99: bezier_absolute 0.2, 0.8",
        ),
        (
            {
                "threshold_curve": "lci",
                "pruning_strategy": "hybrid",
                "dynamic_target": "coherence",
            },
            "coherence_threshold goes from 0.3 at step 0 to 1 at step 99: lci",
        ),
        (
            {"threshold_preset": "linear"},
            "selection_threshold goes from 0.1 at step 0 to 1 at step 99: linear",
        ),
    ],
)
def test_the_sentence_says_which_threshold_moves_and_how(given_settings, sentence):
    assert preview(**given_settings).sentence == sentence


def test_the_preview_is_what_the_run_does():
    given_settings = {"threshold_curve": "lci", "max_steps": 7}
    run = build_request(read_settings(given_settings), (1,)).selection.threshold
    assert list(preview(**given_settings).values()) == [run.at(step, 7) for step in range(7)]


@given(st.integers(1, 300), st.integers(2, 40))
def test_points_are_few_and_evenly_spread_and_have_both_ends(steps, most):
    shown = preview(max_steps=steps, threshold_curve="linear")
    values, points = list(shown.values()), shown.points(most)
    assert all(value == values[step] for step, value in points)
    places = [step for step, _ in points]
    assert len(places) == min(steps, most)
    assert (places[0], places[-1]) == (0, steps - 1)
    gaps = {after - before for before, after in pairwise(places)}
    assert all(gap >= 1 for gap in gaps)
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


def test_plain_greedy_decoding_has_no_threshold_to_show():
    with pytest.raises(ContradictionError, match="default_mode keeps the most probable token"):
        preview(default_mode=True)
