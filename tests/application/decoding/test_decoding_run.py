import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.domain.errors import ChoiceError, NonFiniteLogitsError, SessionError
from tempo.domain.frontier import Frontier, carry_forward
from tempo.domain.layout import PositionScheme
from tempo.domain.schedule import ConstantThreshold, ReluThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.superposition import path_superposition
from tempo.domain.tokens import CandidateState, TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import BreaksDown, CountingBackend
from tests.oracles import complete_paths
from tests.strategies import requests, scripts

NEVER = Stopping(stop_on=StopOn.ALL)


def started(script, request, backend=None):
    return DecodingRun(backend or ScriptedBackend(script), ScriptedTokenizer(script), request)


def advanced(run, steps):
    """Up to `steps` more steps, as long as something lives."""
    taken = []
    while len(taken) < steps and (run.live or not run.steps):
        taken.append(run.advance().step)
    return taken


def same(one, two):
    return (
        one.token_set == two.token_set
        and one.others == two.others
        and one.transitions.tolist() == two.transitions.tolist()
        and one.plain_transitions.tolist() == two.plain_transitions.tolist()
        and (one.entropy, one.kept_mass, one.finished_mass)
        == (two.entropy, two.kept_mass, two.finished_mass)
    )


@st.composite
def runs(draw, **fixed):
    script = draw(scripts())
    return started(script, draw(requests(script, **fixed)))


@given(runs())
def test_recorded_weights_and_scores_equal_those_recomputed_from_the_lattice(run):
    steps = advanced(run, 6)
    frontier = Frontier.of_prompt()
    for number, step in enumerate(steps):
        transition = carry_forward(frontier, step.transitions, step.plain_transitions)
        live = list(step.token_set.live_indices)
        members = step.token_set.members
        rows = steps[number - 1].token_set.live_indices if number else None
        parents = [rows[row] if rows else None for row in transition.best_parent]
        assert [member.score for member in members] == pytest.approx(transition.scores)
        assert [member.parent for member in members] == parents
        assert step.kept_mass == pytest.approx(transition.kept_mass)
        if live:
            onward = transition.among(live)
            weights = onward.weights
            assert [members[index].weight for index in live] == pytest.approx(weights)
            assert weights.sum() == pytest.approx(1)
            frontier = Frontier((), weights, onward.scores, onward.plain_scores)
        ended = set(range(step.width)) - set(live)
        assert all(members[index].weight == 0 for index in ended)


@given(runs())
def test_only_live_members_are_fed_and_each_to_its_own_slot(run):
    steps = advanced(run, 6)
    slots = []
    for step in steps:
        for member in step.token_set.members:
            assert (member.slot is None) == (member.state is CandidateState.FINISHED)
        slots += [member.slot for member in step.token_set.live]
    prompt = len(run.request.prompt_ids)
    assert slots == list(range(prompt, prompt + len(slots)))


@given(runs())
def test_candidates_hold_the_whole_offer_by_rank_and_probability(run):
    for step in advanced(run, 6):
        ranked = step.candidates
        assert [one.rank for one in ranked] == list(range(len(ranked)))
        keys = [(-one.probability, one.token_id) for one in ranked]
        assert keys == sorted(keys)
        assert len(ranked) <= run.request.selection.considered
        assert sum(one.state.is_member for one in ranked) <= run.request.selection.max_width


@given(runs(release=False), st.integers(0, 3), st.integers(1, 3))
def test_after_a_rewind_decoding_gives_the_same_steps(run, before, after):
    advanced(run, before)
    mark = run.mark()
    first, lattice = advanced(run, after), run.lattice
    finished, mass = run.finished, run.finished_mass
    run.rewind(mark)
    assert len(run.steps) == len(mark.trellis.steps) <= before
    second = advanced(run, after)
    assert len(first) == len(second)
    assert all(map(same, first, second))
    assert all(map(same, lattice.steps, run.lattice.steps))
    assert (run.finished, run.finished_mass) == (finished, mass)


@given(runs(release=False), st.integers(1, 2))
def test_a_mark_can_be_returned_to_twice_whatever_happens_between(run, steps):
    advanced(run, steps)
    mark = run.mark()
    if not run.live:
        return
    expected = run.advance().step
    for choice in expected.candidates[:2]:
        run.rewind(mark)
        run.advance(only=choice.token_id)
        advanced(run, 1)
    run.rewind(mark)
    assert same(run.advance().step, expected)


SCRIPT = Script.of({"": {"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}})


def test_a_mark_expires_when_rows_that_lived_then_are_released():
    run = started(SCRIPT, GenerationRequest((TokenId(1),)))
    advanced(run, 3)
    mark = run.mark()
    assert run.advance().released == 2
    with pytest.raises(SessionError, match="the mark has expired"):
        run.rewind(mark)
    assert len(run.steps) == 4
    assert run.advance().step.step == 4


def test_only_keeps_the_one_token_and_says_what_was_passed_over():
    run = started(SCRIPT, GenerationRequest((TokenId(1),)))
    step = run.advance(only=TokenId(3)).step
    assert [member.token_id for member in step.token_set.members] == [3]
    assert step.token_set.members[0].weight == 1.0
    assert step.token_set.members[0].score == pytest.approx(math.log(0.15))
    assert step.kept_mass == pytest.approx(0.15)
    assert [(one.text, one.state.value, one.reason) for one in step.others] == [
        ("a", "pruned", "another candidate was chosen"),
        ("b", "pruned", "another candidate was chosen"),
        ("d", "below_threshold", None),
    ]


def test_only_may_name_a_token_below_the_threshold():
    run = started(SCRIPT, GenerationRequest((TokenId(1),)))
    step = run.advance(only=TokenId(4)).step
    assert [member.text for member in step.token_set.members] == ["d"]
    assert step.token_set.members[0].state is CandidateState.KEPT


def test_a_token_that_was_not_considered_is_a_wrong_choice():
    run = started(SCRIPT, GenerationRequest((TokenId(1),)))
    with pytest.raises(ChoiceError, match="token 9 is not among the 4 candidates considered"):
        run.advance(only=TokenId(9))
    assert run.steps == []
    assert run.advance().step.step == 0


def test_one_pass_and_one_reading_a_step():
    backend = CountingBackend(ScriptedBackend(SCRIPT))
    run = started(SCRIPT, GenerationRequest((TokenId(1),)), backend)
    advanced(run, 4)
    assert (backend.opened, backend.passes, backend.readings) == (1, 3, 4)
    assert backend.nodes == 9
    assert (run.meter.passes, run.meter.token_rows) == (4, 10)


def test_a_schedule_moves_the_threshold_from_step_to_step():
    selection = Selection(ReluThreshold(0.1, 0.5, 0.0), 4, 4)
    run = started(SCRIPT, GenerationRequest((TokenId(1),), 3, selection))
    assert [step.threshold for step in advanced(run, 3)] == pytest.approx([0.1, 0.3, 0.5])
    assert [step.width for step in run.steps] == [3, 2, 1]


def test_what_the_cap_cut_is_in_the_lattice():
    run = started(SCRIPT, GenerationRequest((TokenId(1),), 3, Selection(ConstantThreshold(0.1), 2)))
    step = run.advance().step
    assert (step.cut, step.cut_mass, step.threshold) == (1, pytest.approx(0.15), 0.1)
    states = [one.state.value for one in step.candidates]
    assert states == ["kept", "kept", "over_cap", "below_threshold"]


def test_the_entropy_is_that_of_the_readout():
    run = started(SCRIPT, GenerationRequest((TokenId(1),)))
    expected = -sum(p * math.log(p) for p in (0.5, 0.3, 0.15, 0.05))
    assert run.advance().step.entropy == pytest.approx(expected)


def test_consecutive_positions_give_siblings_an_order():
    """A control: the second sibling stands after the first, which is no path of the script."""
    fed = []

    class Recording(CountingBackend):
        def extend(self, batch):
            fed.append([node.position for _, nodes in batch for node in nodes])
            super().extend(batch)

    for scheme in PositionScheme:
        request = GenerationRequest((TokenId(1),), positions=scheme)
        advanced(started(SCRIPT, request, Recording(ScriptedBackend(SCRIPT))), 3)
    assert fed == [[1, 1, 1], [2, 2, 2], [1, 2, 3], [4, 5, 6]]


def test_a_failed_reading_leaves_the_steps_before():
    backend = BreaksDown(ScriptedBackend(SCRIPT), healthy=2)
    run = started(SCRIPT, GenerationRequest((TokenId(1),)), backend)
    advanced(run, 2)
    with pytest.raises(NonFiniteLogitsError):
        run.advance()
    assert len(run.steps) == len(run.lattice) == 2


def test_a_token_that_completes_a_stop_string_is_finished_as_by_an_end_token():
    script = Script.of({"": {"a": 0.5, "b": 0.3, END: 0.2}})
    stopping = Stopping(StopOn.ALL, stop=("ab",))
    request = GenerationRequest(
        (TokenId(1),), stopping=stopping, superposition=path_superposition()
    )
    run = started(script, request)
    first, second = advanced(run, 2)
    assert [(one.text, one.state.value) for one in first.token_set.members] == [
        ("a", "kept"),
        ("b", "kept"),
        ("", "finished"),
    ]
    assert [(one.text, one.state.value) for one in second.token_set.members] == [
        ("a", "kept"),
        ("b", "finished"),
        ("", "finished"),
    ]
    assert second.finished_mass == pytest.approx(0.2 + 0.8 * 0.5)


def test_a_stop_string_is_sought_along_each_candidates_own_chain():
    script = Script.of({"": {"x": 0.6, "y": 0.4}, "x": {"p": 1.0}, "y": {"q": 1.0}})
    for stop, expected in (("yq", ["kept", "finished"]), ("xq", ["kept", "kept"])):
        stopping = Stopping(StopOn.ALL, stop=(stop,))
        run = started(script, GenerationRequest((TokenId(1),), stopping=stopping))
        _, second = advanced(run, 2)
        assert [one.text for one in second.token_set.members] == ["p", "q"]
        assert [one.state.value for one in second.token_set.members] == expected


def test_stop_strings_are_sought_in_the_output_alone():
    script = Script.of({"": {"b": 1.0}})
    stopping = Stopping(StopOn.ALL, stop=("bb",))
    run = started(script, GenerationRequest((TokenId(1),), stopping=stopping))
    states = [step.token_set.members[0].state.value for step in advanced(run, 5)]
    assert states == ["kept", "finished"]


@given(runs())
def test_the_share_of_a_hypothesis_is_that_of_its_best_path(run):
    """Against all paths of the lattice written out, the finished beside the live."""
    advanced(run, 6)
    hypotheses = (*run.finished, *run.live)
    best = {(one.step, one.member): 0.0 for one in hypotheses}
    for path in complete_paths(run.lattice):
        end = (len(path.members) - 1, path.members[-1])
        best[end] = max(best[end], path.share)
    found = {(one.step, one.member): math.exp(one.log_share) for one in hypotheses}
    assert found == {end: pytest.approx(share) for end, share in best.items()}
