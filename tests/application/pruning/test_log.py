import pytest

from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.application.pruning.log import PruningLog
from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer

SCRIPT = Script.of(
    {
        "": {"a": 1.0},
        "a": {"b": 0.6, "c": 0.3, "d": 0.1},
        "b": {"b": 0.7, "c": 0.3},
        "c": {"c": 1.0},
        "d": {"d": 1.0},
    }
)
A, B, C, D = (SCRIPT.vocabulary.index(name) for name in "abcd")


@pytest.fixture
def trellis():
    """Steps [b c], [b c], [b c], of which d was considered and not kept at the first."""
    tokenizer = ScriptedTokenizer(SCRIPT)
    selection = Selection(ConstantThreshold(0.15), 2, 4)
    request = GenerationRequest(tokenizer.encode("a"), max_steps=3, selection=selection)
    run = DecodingRun(ScriptedBackend(SCRIPT), tokenizer, request)
    for _ in range(3):
        run.advance()
    return run._trellis


def decision(step, token, effect=Effect.WEAKENED, at=2, weight=0.5):
    weight = 0.0 if effect.leaves else weight
    return PruningDecision(step, token, "attention", 0.1, 0.2, at, effect, 0.5, weight)


def log(*decisions):
    found = PruningLog()
    found.decisions = decisions
    return found


def test_what_was_said_of_a_candidate_that_a_step_keeps_no_more_is_void(trellis):
    stays, void, gone = decision(1, C), decision(0, D), decision(1, A)
    found = log(stays, void, gone)
    found.keep_holding(0, trellis, {})
    assert found.decisions == (stays,)


def test_steps_before_the_first_that_was_decoded_again_are_not_looked_at(trellis):
    earlier = decision(0, D)
    found = log(earlier)
    found.keep_holding(1, trellis, {})
    assert found.decisions == (earlier,)


def test_what_is_kept_out_keeps_its_decisions_and_what_went_before_them(trellis):
    history = (decision(0, D), decision(0, D, Effect.PRUNED))
    found = log(*history)
    found.keep_holding(0, trellis, {0: {D: "pruned"}})
    assert found.decisions == history


def test_a_decision_to_take_away_is_void_where_the_candidate_is_back(trellis):
    found = log(decision(0, C, Effect.DESCENDANT))
    found.keep_holding(0, trellis, {})
    assert found.decisions == ()


def test_what_is_held_back_holds_again_at_its_step(trellis):
    earlier, later = decision(0, B, at=1), decision(1, C, at=2)
    found = log(earlier, later, decision(0, C, Effect.PRUNED))
    found.await_step(2)
    assert found.decisions == (earlier, decision(0, C, Effect.PRUNED))
    assert found.weighed_at(2) == ()
    assert found.taken_up(trellis) == (later,)
    assert found.weighed_at(2) == (later,)
    assert found.taken_up(trellis) == ()


def test_what_is_held_back_of_a_candidate_that_is_no_more_is_void(trellis):
    found = log(decision(0, D, at=2))
    found.await_step(2)
    assert found.taken_up(trellis) == ()
    assert found.decisions == ()


def test_a_weight_is_not_given_to_what_was_taken_away_later(trellis):
    taken = (decision(0, C, at=1), decision(0, C, Effect.PRUNED))
    found = log(*taken)
    assert found.weighed_at(1) == ()
    found.await_step(1)
    assert found.decisions == taken


def test_a_copy_goes_its_own_way(trellis):
    found = log(decision(1, C))
    found.await_step(2)
    twin = found.copy()
    assert twin.taken_up(trellis) == (decision(1, C),)
    assert found.decisions == ()
    assert found.taken_up(trellis) == (decision(1, C),)
