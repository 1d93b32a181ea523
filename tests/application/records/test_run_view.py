"""What pictures show of a run's steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.records.record import Provenance, record_of
from tempo.application.records.run_view import RunView, StepFigures, StepSpan
from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import Lattice
from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.tokens import CandidateState, TokenId
from tests.strategies import candidate, lattice_step, lattices, records, with_gaps

HALVES = np.log([[0.5, 0.5]])
SQUARE = np.log(np.full((2, 2), 0.5))


def view_of(*steps, decisions=(), best=(), settings=None):
    lattice = Lattice((TokenId(1),), tuple(steps), tuple(decisions))
    return RunView("run", record_of(lattice, best, Provenance(settings=settings)))


def decision(step, token, effect):
    return PruningDecision(step, TokenId(token), "posterior", 0.1, 0.2, step + 1, effect, 0.1)


def single(number):
    return lattice_step(number, [candidate(1)], np.zeros((1, 1)))


@given(records())
def test_every_candidate_of_a_step_is_counted_once_or_was_refused(record):
    for step in record.lattice.steps:
        found = StepFigures.of(step, 0)
        refused = sum(
            one.state in {CandidateState.BELOW_THRESHOLD, CandidateState.OVER_CAP}
            for one in step.candidates
        )
        assert found.width == step.width
        assert found.width + found.pruned + refused == len(step.candidates)
        assert found.shown == step.token_set.members[0].probability


@given(with_gaps(lattices(max_steps=6)), st.data())
def test_a_span_has_the_steps_within_it_and_the_gaps_between_them(lattice, data):
    first = data.draw(st.integers(0, lattice.decoded - 1))
    end = data.draw(st.none() | st.integers(first + 1, lattice.decoded + 3))
    wanted = [one.step for one in lattice.steps if first <= one.step < (end or lattice.decoded)]
    try:
        view = RunView("run", record_of(lattice), StepSpan(first, end))
    except InvalidValueError:
        assert wanted == []
        return
    assert [one.step.step for one in view.placed] == wanted
    assert sorted([*wanted, *view.removed]) == list(range(view.first, view.end))
    assert sum(view.rows_kept) == sum(one.step.width for one in view.placed)
    assert len(view.rows_fed) == len(view.rows_kept) == view.end - view.first


def test_the_states_of_a_step_are_told_apart():
    members = [
        candidate(0, probability=0.3),
        candidate(1, b"", CandidateState.FINISHED, probability=0.2),
        candidate(2, probability=0.15, attention=0.0),
    ]
    others = [
        candidate(3, b"c", CandidateState.PRUNED, probability=0.12),
        candidate(4, b"d", CandidateState.BELOW_THRESHOLD, probability=0.09),
        candidate(5, b"e", CandidateState.BELOW_THRESHOLD, probability=0.01),
    ]
    step = lattice_step(0, members, np.log([[0.4, 0.3, 0.3]]), others=others)
    found = StepFigures.of(step, None)
    assert (found.seen, found.finished, found.unseen, found.pruned) == (1, 1, 1, 1)
    assert (found.least_passed, found.most_refused, found.shown) == (0.12, 0.09, None)


def test_rows_that_left_later_were_fed_and_those_that_never_joined_were_not():
    view = view_of(
        single(0),
        single(2),
        decisions=[
            decision(0, 7, Effect.PRUNED),
            decision(0, 8, Effect.DROPPED),
            decision(0, 1, Effect.WEAKENED),
            decision(1, 5, Effect.POSITION_REMOVED),
            decision(2, 9, Effect.DESCENDANT),
            decision(2, 1, Effect.PRUNED),  # decoded again, and kept after all
        ],
    )
    assert view.rows_kept == (1, 0, 1)
    assert view.rows_fed == (2, 1, 2)


def test_the_best_path_is_followed_across_a_step_that_was_removed():
    pair = [candidate(1, b"a"), candidate(2, b"b")]
    view = view_of(lattice_step(0, pair, HALVES), lattice_step(2, pair, SQUARE), best=(1, 0))
    assert [one.shown.text for one in view.placed] == ["b", "a"]
    assert view.removed == (1,)


@pytest.mark.parametrize(
    ("text", "first", "end"), [("3:9", 3, 9), (":9", 0, 9), ("3:", 3, None), (":", 0, None)]
)
def test_a_span_is_read_with_open_ends(text, first, end):
    assert StepSpan.read(text) == StepSpan(first, end)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "3-9",
            (
                "steps is '3-9'; give A:B, two whole numbers such as 20:40 (step 40 is not among "
                "them), or A: or :B"
            ),
        ),
        ("9:3", "steps is 9:3; it must be A:B with 0 <= A < B"),
        ("3:3", "steps is 3:3; it must be A:B with 0 <= A < B"),
    ],
)
def test_a_span_that_is_none_is_refused(text, sentence):
    with pytest.raises(InvalidValueError) as caught:
        StepSpan.read(text)
    assert str(caught.value) == sentence


def test_a_run_without_steps_and_a_span_beyond_it_are_refused():
    with pytest.raises(InvalidValueError) as caught:
        view_of()
    assert str(caught.value) == "run has no step to draw; decode at least one"
    with pytest.raises(InvalidValueError) as caught:
        RunView("run", view_of(single(0)).record, StepSpan(1))
    assert str(caught.value) == (
        "run has 1 steps (from 0), and none that is there lies in 1:; choose others"
    )


def test_the_schedule_is_the_one_that_the_settings_name():
    moved = {"selection_threshold": 0.4, "final_threshold": 0.1, "threshold_curve": "linear"}
    view = view_of(single(0), settings={**moved, "max_steps": 4})
    assert list(view.schedule.values()) == pytest.approx([0.4, 0.3, 0.2, 0.1])


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {"of another version": 1},
        {"default_mode": True},
        {"retroactive_pruning": "attention", "final_threshold": 0.3, "dynamic_threshold": True},
    ],
)
def test_where_no_selection_threshold_is_known_there_is_no_schedule(settings):
    assert view_of(single(0), settings=settings).schedule is None
