"""Going on from one candidate and its best chain, as if they were part of the prompt."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.application.decoding.steering import SteeredRun
from tempo.domain.commitment import committed_chain
from tempo.domain.errors import ChoiceError, InvalidValueError
from tempo.domain.events import RunStarted, StepAppended, TextSettled
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import FinishReason, Stopping
from tempo.domain.tokens import CandidateState
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import CountingBackend
from tests.oracles import teacher_forced
from tests.strategies import requests, scripts

NO_END = GenerationRequest((1,)).stopping


@st.composite
def decoded(draw):
    """A script without end token, a request, the lattice of a run, and a candidate of it."""
    script = draw(scripts(end_weights=(0.0,)))
    request = draw(requests(script, stopping=NO_END))
    request = replace(request, max_steps=draw(st.integers(1, 4)))
    lattice = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).run(request).lattice
    step = draw(st.sampled_from(lattice.steps))
    return script, request, lattice, step.step, draw(st.sampled_from(step.candidates)).token_id


def run_of(script, request):
    return DecodingRun(ScriptedBackend(script), ScriptedTokenizer(script), request)


def tokens(steps):
    return tuple(step.token_set.members[0].token_id for step in steps)


@given(decoded())
def test_the_chain_is_the_candidate_behind_its_best_parents_alone(case):
    _, _, lattice, number, token = case
    chain = committed_chain(lattice, number, token)
    assert [step.step for step in chain] == list(range(number + 1))
    assert tokens(chain)[-1] == token
    assert all(step.width == 1 for step in chain)
    members = lattice.steps[number].token_set.members
    for index, member in enumerate(members):
        if member.token_id == token:
            best = lattice.chain(number, index)
            expected = [
                step.token_set.members[one].token_id
                for step, one in zip(lattice.steps, best, strict=False)
            ]
            assert list(tokens(chain)) == expected
    for before, after in zip(lattice.steps, chain, strict=False):
        assert {one.token_id for one in before.candidates} == {
            one.token_id for one in after.candidates
        }
        assert not any(one.state.is_member for one in after.others)


@given(decoded(), st.integers(1, 3))
def test_what_follows_equals_a_run_whose_prompt_ends_in_the_chain(case, more):
    script, request, lattice, number, token = case
    chain = committed_chain(lattice, number, token)
    limit = len(chain) + more
    committed = run_of(script, replace(request, max_steps=limit, committed=chain))
    plain = run_of(script, replace(request, prompt_ids=request.prompt_ids + tokens(chain)))
    for _ in range(more):
        one, other = committed.advance().step, plain.advance().step
        assert one.step == other.step + len(chain)
        assert one.entropy == pytest.approx(other.entropy, abs=1e-9)
        assert one.transitions == pytest.approx(other.transitions)
        pairs = zip(one.candidates, other.candidates, strict=True)
        for mine, theirs in pairs:
            assert (mine.token_id, mine.state) == (theirs.token_id, theirs.state)
            assert mine.probability == pytest.approx(theirs.probability)
            assert mine.weight == pytest.approx(theirs.weight)


@given(decoded(), st.integers(1, 3))
def test_a_live_session_and_a_stored_lattice_go_on_alike(case, more):
    script, request, lattice, number, token = case
    chain = committed_chain(lattice, number, token)
    request = replace(request, max_steps=len(lattice) + more)
    stored = run_of(script, replace(request, committed=chain))
    live = SteeredRun(ScriptedBackend(script), ScriptedTokenizer(script), request)
    for _ in range(len(lattice)):
        live.step()
    live.commit(number, token)
    for _ in range(more):
        assert live.step().token_set == stored.advance().step.token_set
    for one, other in zip(live.steps, stored.steps, strict=True):
        assert one.token_set == other.token_set
        assert one.others == other.others
        assert (one.transitions == other.transitions).all()


@given(decoded())
def test_committed_tokens_have_their_teacher_forced_scores(case):
    script, request, lattice, number, token = case
    chain = committed_chain(lattice, number, token)
    run = run_of(script, replace(request, max_steps=len(chain) + 1, committed=chain))
    ids = tokens(chain)
    expected = [
        teacher_forced(script, request.prompt_ids, ids[: length + 1]) for length in range(len(ids))
    ]
    assert [step.token_set.members[0].score for step in run.steps] == pytest.approx(expected)
    kept = [step.kept_mass for step in run.steps]
    assert np.cumsum(np.log(kept)) == pytest.approx(expected)


FORK = Script.of(
    {
        "": {"a": 1.0},
        "a": {" b": 0.6, " c": 0.3, " d": 0.1},
        " b": {" x": 0.7, END: 0.3},
        " c": {" y": 1.0},
        " d": {" z": 0.9, END: 0.1},
        " x": {" x": 1.0},
        " y": {" y": 1.0},
        " z": {" z": 1.0},
    }
)
ID = {name: index for index, name in enumerate(FORK.vocabulary)}
TOKENIZER = ScriptedTokenizer(FORK)


def asked(**fields):
    fields = {"selection": Selection(ConstantThreshold(0.05), 2, 6), "max_steps": 4} | fields
    return GenerationRequest(TOKENIZER.encode("a"), **fields)


def lattice_of(**fields):
    return Generate(ScriptedBackend(FORK), TOKENIZER).run(asked(**fields)).lattice


def steered(backend=None, steps=3, **fields):
    run = SteeredRun(backend or ScriptedBackend(FORK), TOKENIZER, asked(**fields))
    for _ in range(steps):
        run.step()
    return run


def kept(steps):
    return [[member.text for member in step.token_set.members] for step in steps]


def test_a_generation_tells_the_committed_steps_and_their_text_first():
    chain = committed_chain(lattice_of(), 1, ID[" y"])
    generation = Generate(ScriptedBackend(FORK), TOKENIZER).start(asked(committed=chain))
    events = list(generation.events())
    kinds = [type(event) for event in events[:4]]
    assert kinds == [RunStarted, StepAppended, StepAppended, TextSettled]
    assert events[3].text == " c y"
    outcome = generation.outcome()
    assert (outcome.text, outcome.reason) == (" c y y y", FinishReason.MAX_STEPS)
    assert len(outcome.lattice) == 4
    (first, *_) = outcome.lattice.steps
    assert [one.state for one in first.candidates] == [
        CandidateState.PRUNED,
        CandidateState.KEPT,
        CandidateState.OVER_CAP,
    ]


def test_a_candidate_that_was_not_kept_can_be_committed_to():
    run = steered()
    run.commit(0, ID[" d"])
    run.step()
    assert kept(run.steps)[0] == [" d"]
    assert run.outcome().text == " d z"


RIVALS = Script.of(
    {
        "": {"p": 1.0},
        "p": {" a": 0.6, " b": 0.4},
        " a": {" c": 0.6, " d": 0.4},
        " b": {" e": 0.6, " f": 0.4},
    }
)


def test_a_candidate_that_was_not_kept_goes_on_from_the_best_scored_member():
    tokenizer = ScriptedTokenizer(RIVALS)
    request = GenerationRequest(
        tokenizer.encode("p"), 2, selection=Selection(ConstantThreshold(0.35), 4, 8)
    )
    lattice = Generate(ScriptedBackend(RIVALS), tokenizer).run(request).lattice
    assert kept(lattice.steps) == [[" a", " b"], [" c"]]
    (token,) = tokenizer.encode(" f")
    assert kept(committed_chain(lattice, 1, token)) == [[" a"], [" f"]]


def test_a_committed_candidate_is_all_there_is():
    chain = committed_chain(lattice_of(), 1, ID[" y"])
    assert [step.token_set.members[0].weight for step in chain] == [1.0, 1.0]
    run = DecodingRun(ScriptedBackend(FORK), TOKENIZER, asked(committed=chain))
    assert [step.token_set.members[0].weight for step in run.steps] == [1.0, 1.0]


def test_committing_costs_one_pass_and_no_second_prompt():
    backend = CountingBackend(ScriptedBackend(FORK))
    run = steered(backend)
    passes, opened = backend.passes, backend.opened
    run.commit(2, ID[" x"])
    assert (backend.passes - passes, backend.opened - opened) == (1, 0)


def test_a_chain_from_a_file_costs_the_prompt_and_one_pass():
    chain = committed_chain(lattice_of(), 2, ID[" x"])
    backend = CountingBackend(ScriptedBackend(FORK))
    DecodingRun(backend, TOKENIZER, asked(committed=chain))
    assert (backend.passes, backend.opened, backend.nodes) == (1, 1, 2)


def test_committed_steps_can_be_gone_back_to():
    run = steered()
    run.commit(2, ID[" y"])
    run.step()
    run.back(3)
    assert kept(run.steps) == [[" c"]]
    run.step()
    assert run.outcome().text == " c y"
    run.back(2)
    assert run.steps == ()
    assert kept([run.step()]) == [[" b", " c"]]


def test_a_session_can_begin_with_a_chain_and_go_back_before_it():
    chain = committed_chain(lattice_of(), 1, ID[" y"])
    run = steered(steps=1, committed=chain)
    assert kept(run.steps) == [[" c"], [" y"], [" y"]]
    run.back(3)
    assert kept([run.step()]) == [[" b", " c"]]


@pytest.mark.parametrize(
    ("step", "token", "message"),
    [
        (7, " b", "step 7 is not in a lattice of 3 steps"),
        (-1, " b", "step -1 is not in a lattice of 3 steps"),
        (0, " x", "is not among the 3 candidates considered at step 0"),
        (1, END, "ends its text at step 1"),
    ],
)
def test_what_cannot_be_gone_on_from_is_refused_and_changes_nothing(step, token, message):
    run = steered()
    before = kept(run.steps)
    with pytest.raises(ChoiceError, match=message):
        run.commit(step, ID[token])
    assert kept(run.steps) == before
    run.step()


def test_a_candidate_that_completes_a_stop_string_is_refused():
    chain = committed_chain(lattice_of(), 1, ID[" y"])
    with pytest.raises(ChoiceError, match="' y' ends its text at step 1"):
        DecodingRun(
            ScriptedBackend(FORK),
            TOKENIZER,
            asked(stopping=Stopping(stop=("c y",)), committed=chain),
        )


def test_a_stop_string_that_begins_in_the_chain_ends_the_run():
    chain = committed_chain(lattice_of(), 1, ID[" y"])
    request = asked(stopping=Stopping(stop=("y y",)), committed=chain)
    outcome = Generate(ScriptedBackend(FORK), TOKENIZER).run(request)
    assert (outcome.text, outcome.reason) == (" c ", FinishReason.STOP_STRING)


def test_a_chain_that_fills_the_context_is_refused_with_the_lengths():
    chain = committed_chain(lattice_of(), 2, ID[" y"])
    with pytest.raises(ChoiceError) as caught:
        DecodingRun(ScriptedBackend(FORK, 4), TOKENIZER, asked(committed=chain))
    assert str(caught.value) == (
        "1 tokens of prompt and 3 committed ones leave no room in a context of 4; "
        "commit to an earlier step"
    )
    DecodingRun(ScriptedBackend(FORK, 5), TOKENIZER, asked(committed=chain)).advance()


def test_steps_that_end_within_the_chain_are_refused():
    chain = committed_chain(lattice_of(), 2, ID[" y"])
    with pytest.raises(InvalidValueError, match="max_steps is 3 and 3 steps are committed"):
        asked(max_steps=3, committed=chain)
