"""What pruning tells in Python: the sums, the decisions, the events."""

import json

import pytest

import tempo
from tempo.domain.errors import ChoiceError
from tempo.domain.pruning.decision import Effect
from tempo.domain.tokens import CandidateState
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

REMOVES = {
    "retroactive_pruning": "posterior",
    "posterior_floor": 0.5,
    "complete_pruning_mode": "remove_position",
    "max_steps": 12,
}


@pytest.fixture
def engine():
    return scripted_engine(FOREVER)


@pytest.fixture
def result(engine):
    return engine.generate(" a", **REMOVES)


def told(events):
    """The decisions that events tell, in their order."""
    for event in events:
        match event:
            case tempo.events.StepAppended(dropped=dropped):
                yield from dropped
            case tempo.events.CandidatesPruned(decisions=decisions):
                yield from decisions


@pytest.mark.parametrize("settings", [REMOVES, {"pruning_strategy": "diversity", "max_steps": 6}])
def test_a_stream_tells_the_decisions_that_the_lattice_keeps(engine, settings):
    stream = engine.stream(" a", threshold=0.05, **settings)
    decisions = tuple(told(stream))
    assert decisions
    assert decisions == stream.result.lattice.decisions
    assert stream.result.prunes


AGAIN = {
    "threshold": 0.05,
    "max_steps": 12,
    "pruning_strategy": "diversity",
    "diversity_clusters": 2,
    "retroactive_pruning": "posterior",
    "posterior_floor": 0.3,
    "after_pruning": "recompute",
}
"""What a strategy drops of steps that are decoded again need not be what it dropped before."""


def test_what_is_dropped_of_steps_decoded_again_is_told_in_place_of_what_was_dropped(engine):
    stream, log, replaced = engine.stream(" a", **AGAIN), [], 0
    for event in stream:
        match event:
            case tempo.events.StepAppended(dropped=dropped):
                log += dropped
            case tempo.events.CandidatesPruned(decisions=decisions, steps=steps):
                stay = [
                    one
                    for one in log
                    if one.effect is not Effect.DROPPED or one.step < steps[0].step
                ]
                replaced += len(log) - len(stay)
                log = [*stay, *decisions]
    lattice = stream.result.lattice
    assert replaced
    assert tuple(log) == lattice.decisions
    reasons = {(one.step, one.token_id): one.reason for one in lattice.decisions}
    assert reasons == {
        (step.step, one.token_id): one.reason
        for step in lattice.steps
        for one in step.candidates
        if one.reason is not None
    }


@pytest.mark.parametrize("settings", [AGAIN, AGAIN | {"after_pruning": "keep"}])
def test_a_candidate_counts_once_however_many_rules_look_at_it(engine, settings):
    result = engine.generate(" a", **settings)
    seen = [
        one
        for step in result.lattice.steps
        for one in step.candidates
        if one.reason is not None or one.state is CandidateState.KEPT
    ]
    left = {(one.step, one.token_id) for one in result.lattice.decisions if one.effect.leaves}
    assert 0 < result.pruning.judged <= len(seen)
    assert 0 < result.pruning.judged - result.pruning.kept <= len(left)


def test_the_sums_are_those_of_the_decisions(result):
    effects = [one.effect for one in result.lattice.decisions]
    sums = result.pruning
    assert sums.positions_removed == effects.count(Effect.POSITION_REMOVED) > 0
    by_verdict = effects.count(Effect.PRUNED) + sums.positions_removed
    assert sums.pruned == {"posterior": by_verdict}
    assert 0 < sums.kept < sums.judged
    assert 0.0 < sums.lost < 1.0


def test_a_run_that_does_not_prune_has_no_sums(engine):
    result = engine.generate(" a", max_steps=4)
    assert not result.prunes
    assert (result.pruning.judged, result.pruning.pruned) == (0, {})
    assert result.as_mapping()["pruning"]["judged"] == 0


def test_json_holds_the_sums(result):
    sums = json.loads(json.dumps(result.as_mapping()["pruning"]))
    assert sums == {
        name: getattr(result.pruning, name)
        for name in (
            *("judged", "kept", "pruned", "descendants", "weakened", "unattended"),
            *("positions_removed", "rows_freed", "lost"),
        )
    } | {"notes": []}


def test_decisions_are_there_again_after_saving(result, tmp_path):
    path = tmp_path / "run.json"
    result.lattice.save(path)
    assert tempo.Lattice.open(path).decisions == result.lattice.decisions


def test_the_map_of_hesitation_shows_the_numbers_that_steps_have(result):
    numbers = [step.step for step in result.lattice.steps]
    assert numbers != list(range(len(numbers)))
    assert [one.step for one in result.uncertainty] == numbers
    shown = zip(result.lattice.steps, result.lattice.best, strict=True)
    texts = [step.token_set.members[member].text for step, member in shown]
    assert [one.text for one in result.uncertainty] == texts
    printed = str(result.uncertainty).splitlines()[1:]
    assert [int(line.split()[0]) for line in printed] == numbers


def test_measures_and_questions_leave_out_what_was_removed(result):
    lattice = result.lattice
    numbers = [step.step for step in lattice.steps]
    assert [one.step for one in lattice.confusion_network()] == numbers
    assert len(lattice.agreement().steps) == len(numbers)
    for number, shares in zip(numbers, lattice.posteriors(), strict=True):
        found = {one.token_id: one.posterior for one in lattice.posterior(number)}
        members = [one.token_id for one in lattice.step(number).token_set.members]
        assert found == pytest.approx(dict(zip(members, shares.tolist(), strict=True)))
    removed = next(number for number in range(lattice.decoded) if number not in numbers)
    with pytest.raises(ChoiceError, match=f"step {removed} left the lattice as a whole"):
        lattice.alternatives(removed)
    assert result.measures(n=3).texts > 0


# A session ----------------------------------------------------------------------------------------


@pytest.fixture
def session(engine):
    with engine.session(" a", threshold=0.05, **REMOVES) as session:
        yield session


def test_a_session_tells_what_each_step_brought(session):
    assert session.events == ()
    decisions = []
    for _ in range(8):
        step = session.step()
        assert isinstance(session.events[0], tempo.events.StepAppended)
        assert session.events[0].step.step == step.step == session.steps[-1].step
        decisions += told(session.events)
    assert decisions
    assert tuple(decisions) == session.result.lattice.decisions


def test_a_session_gives_the_newest_step_as_pruning_left_it(session):
    """A token of the newest step can leave with an earlier one that its best path goes through."""
    differs = 0
    for _ in range(12):
        step = session.step()
        assert step is session.steps[-1]
        differs += step.width < session.events[0].step.width
    assert differs


def test_what_was_undone_is_not_told_any_more(session):
    for _ in range(5):
        session.step()
    session.back()
    assert session.events == ()
    session.step()
    session.commit(session.steps[-1].step, session.steps[-1].token_set.members[0].token_id)
    assert session.events == ()


def test_a_session_does_not_choose_at_a_step_that_was_removed(session):
    for _ in range(8):
        session.step()
    numbers = [step.step for step in session.steps]
    removed = next(number for number in range(8) if number not in numbers)
    with pytest.raises(ChoiceError, match=f"step {removed} left the lattice as a whole"):
        session.choose(removed, 1)
