import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.application.decoding.steering import SteeredRun
from tempo.domain.errors import ChoiceError, PromptError, SessionError
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import FinishReason
from tempo.domain.superposition import path_superposition
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import CountingBackend
from tests.strategies import attention_rules, pruned_requests, requests, scripts

FORK = Script.of(
    {
        "": {"a": 1.0},
        "a": {" b": 0.6, " c": 0.3, " d": 0.1},
        " b": {" x": 1.0},
        " c": {" y": 1.0},
        " d": {" z": 0.9, END: 0.1},
        " x": {END: 1.0},
        " y": {END: 1.0},
        " z": {" z": 1.0},
    }
)
ID = {name: index for index, name in enumerate(FORK.vocabulary)}


def steered(script=FORK, prompt="a", *, backend=None, context=1024, threshold=0.2, max_steps=100):
    tokenizer = ScriptedTokenizer(script)
    request = GenerationRequest(
        tokenizer.encode(prompt),
        max_steps=max_steps,
        selection=Selection(ConstantThreshold(threshold), 4, 6),
    )
    return SteeredRun(backend or ScriptedBackend(script, context), tokenizer, request)


def kept(step):
    return [member.text for member in step.token_set.members]


def texts(run):
    return [kept(step) for step in run.steps]


def test_a_step_decodes_one_step():
    run = steered()
    assert run.steps == ()
    assert kept(run.step()) == [" b", " c"]
    assert kept(run.step()) == [" x", " y"]
    assert texts(run) == [[" b", " c"], [" x", " y"]]


def test_choosing_a_kept_candidate_goes_back_and_keeps_it_alone():
    run = steered()
    run.step()
    run.step()
    assert kept(run.choose(0, ID[" c"])) == [" c"]
    assert texts(run) == [[" c"]]
    assert kept(run.step()) == [" y"]


def test_choosing_a_considered_candidate_keeps_what_the_threshold_left_out():
    run = steered()
    run.step()
    assert kept(run.choose(0, ID[" d"])) == [" d"]
    assert kept(run.step()) == [" z"]


def test_choosing_for_the_next_step_decodes_it():
    run = steered()
    assert kept(run.choose(0, ID[" c"])) == [" c"]
    assert kept(run.choose(1, ID[" y"])) == [" y"]
    assert texts(run) == [[" c"], [" y"]]


def test_choosing_costs_no_second_prompt():
    backend = CountingBackend(ScriptedBackend(FORK))
    run = steered(backend=backend)
    run.step()
    run.choose(0, ID[" c"])
    run.step()
    assert (backend.opened, backend.passes) == (1, 1)


def test_the_result_follows_the_choices():
    run = steered()
    run.step()
    run.step()
    assert run.outcome().text == " b x"
    run.choose(0, ID[" c"])
    run.step()
    outcome = run.outcome()
    assert (outcome.text, outcome.best_path_ids) == (" c y", (ID[" c"], ID[" y"]))
    assert outcome.lattice.steps[1].token_set.members[0].posterior == 1.0
    assert outcome.reason is FinishReason.CANCELLED


def test_a_choice_keeps_the_probability_that_the_model_gave_it():
    run = steered()
    step = run.choose(0, ID[" d"])
    (member,) = step.token_set.members
    assert member.probability == pytest.approx(0.1)
    assert step.kept_mass == pytest.approx(0.1)


def test_going_back_undoes_the_last_steps():
    run = steered()
    first = run.step()
    run.step()
    run.step()
    run.back(2)
    assert run.steps == (first,)
    assert kept(run.step()) == [" x", " y"]


def test_going_back_revives_what_was_finished():
    run = steered()
    run.step()
    run.step()
    run.step()
    assert run.outcome().finished_mass == 1.0
    run.back()
    assert run.outcome().finished_mass == 0.0
    assert run.outcome().text == " b x"


def test_all_steps_can_be_gone_back():
    run = steered()
    run.step()
    run.step()
    run.back(2)
    assert run.steps == ()
    assert run.outcome().text == ""
    assert kept(run.step()) == [" b", " c"]


@pytest.mark.parametrize("steps", [0, -1, 3, 1.5])
def test_only_steps_that_there_are_can_be_gone_back(steps):
    run = steered()
    run.step()
    run.step()
    with pytest.raises(ChoiceError) as caught:
        run.back(steps)
    assert str(caught.value) == f"cannot go back {steps} steps; go back 1 to 2"
    assert len(run.steps) == 2


def test_at_the_start_there_is_nothing_to_go_back():
    with pytest.raises(ChoiceError) as caught:
        steered().back()
    assert str(caught.value) == "cannot go back 1 steps; none was decoded yet"


@pytest.mark.parametrize("step", [-1, 3])
def test_a_step_that_is_not_there_is_refused(step):
    run = steered()
    run.step()
    run.step()
    with pytest.raises(ChoiceError) as caught:
        run.choose(step, ID[" b"])
    assert str(caught.value) == f"step {step} is not there; choose from 0 to 2"


@pytest.mark.parametrize("step", [0, 1, 2], ids=["before", "newest", "next"])
def test_a_token_that_was_not_considered_is_refused_and_changes_nothing(step):
    run = steered()
    run.step()
    run.step()
    with pytest.raises(ChoiceError, match=f"token {ID['a']} is not among"):
        run.choose(step, ID["a"])
    assert texts(run) == [[" b", " c"], [" x", " y"]]
    run.step()
    assert run.outcome().text == " b x"
    run.back(3)
    assert kept(run.step()) == [" b", " c"]


def test_when_all_is_finished_there_is_no_next_step():
    run = steered()
    for _ in range(3):
        run.step()
    with pytest.raises(ChoiceError, match="all hypotheses are finished; go back"):
        run.step()
    run.choose(0, ID[" d"])
    assert kept(run.step()) == [" z"]


def test_a_full_context_has_no_next_step():
    run = steered(context=3)
    run.step()
    run.step()
    with pytest.raises(ChoiceError, match="the model's context is full; go back"):
        run.step()
    run.back()
    run.step()
    assert len(run.steps) == 2


def test_max_steps_is_where_a_steered_run_ends_too():
    run = steered(max_steps=1)
    run.step()
    for further in (run.step, lambda: run.choose(1, ID[" x"])):
        with pytest.raises(ChoiceError) as caught:
            further()
        assert str(caught.value) == (
            "max_steps 1 is reached; go back or open a session with a larger max_steps"
        )
    assert kept(run.choose(0, ID[" c"])) == [" c"]
    run.back()
    run.step()
    assert len(run.steps) == 1


def test_a_prompt_that_does_not_fit_is_refused():
    with pytest.raises(PromptError):
        steered(prompt="aaa", context=3)


def test_a_closed_run_takes_no_step():
    run = steered()
    run.step()
    run.close()
    with pytest.raises(SessionError):
        run.step()


def test_what_died_out_comes_back_when_its_step_is_gone_back_to():
    """At the third step both best chains leave " c" and " y" behind; a plain run frees them."""
    script = Script.of(
        {
            "": {"a": 1.0},
            "a": {" b": 0.6, " c": 0.4},
            " b": {" x": 1.0},
            " c": {" y": 1.0},
            " x": {" u": 0.6, " v": 0.4},
            " y": {" u": 0.6, " v": 0.4},
        }
    )
    tokenizer = ScriptedTokenizer(script)
    request = GenerationRequest(tokenizer.encode("a"), superposition=path_superposition())
    plain = DecodingRun(ScriptedBackend(script), tokenizer, request)
    assert [plain.advance().released for _ in range(3)] == [0, 0, 2]
    run = SteeredRun(ScriptedBackend(script), tokenizer, request)
    for _ in range(3):
        run.step()
    run.back()
    assert kept(run.step()) == [" u", " v"]
    run.choose(1, tokenizer.encode(" y")[0])
    assert run.outcome().text == " c y"


@given(st.data())
def test_going_back_and_on_again_gives_the_same_steps(data):
    """Whatever the rules: a steered run keeps all rows, so that nothing is lost by going back."""
    script = data.draw(scripts(end_weights=(0.0,)))
    request = data.draw(requests(script, stopping=GenerationRequest((1,)).stopping))
    run = SteeredRun(ScriptedBackend(script), ScriptedTokenizer(script), request)
    count = data.draw(st.integers(1, min(4, request.max_steps)))
    steps = [run.step() for _ in range(count)]
    undone = data.draw(st.integers(1, count))
    run.back(undone)
    again = [run.step() for _ in range(undone)]
    for one, other in zip(steps[count - undone :], again, strict=True):
        assert one.token_set == other.token_set
        assert one.others == other.others
        assert (one.transitions == other.transitions).all()


@given(st.data())
def test_going_back_in_a_run_that_decodes_again_keeps_the_steps_before(data):
    """The run itself has gone back by then, so that the rows of its first pass are no more.

    A comprehensive rule judges again at each step that is decoded once more, and may prune more.
    """
    script = data.draw(scripts(end_weights=(0.0,)))
    again = {
        "after": st.just(AfterPruning.RECOMPUTE),
        "complete_mode": st.just(CompleteMode.KEEP_TOKEN),
    }
    request = data.draw(
        pruned_requests(script, stopping=GenerationRequest((1,)).stopping, pruning=again)
    )
    run = SteeredRun(ScriptedBackend(script), ScriptedTokenizer(script), request)
    count = data.draw(st.integers(1, request.max_steps))
    for _ in range(count):
        run.step()
    before, undone = texts(run), data.draw(st.integers(1, count))
    run.back(undone)
    assert texts(run) == before[: count - undone]
    for _ in range(undone):
        run.step()
    assert texts(run) == before or request.retroactive.comprehensive


@pytest.mark.no_cover  # others take the same branches, and many examples are many lines to trace
@settings(max_examples=300)
@given(st.data())
def test_what_was_decided_later_holds_again_where_its_step_comes_again(data):
    """Going back undoes the weights that were given later; coming again gives them again."""
    script = data.draw(scripts(end_weights=(0.0,)))
    again = {
        "rule": attention_rules,
        "after": st.just(AfterPruning.RECOMPUTE),
        "complete_mode": st.just(CompleteMode.KEEP_TOKEN),
    }
    request = data.draw(
        pruned_requests(script, stopping=GenerationRequest((1,)).stopping, pruning=again)
    )
    run = SteeredRun(ScriptedBackend(script), ScriptedTokenizer(script), request)
    for _ in range(request.max_steps):
        run.step()
    before, decisions = seen(run.steps), run.outcome().lattice.decisions
    undone = data.draw(st.integers(1, request.max_steps))
    run.back(undone)
    borne_out(run)
    for _ in range(undone):
        run.step()
        borne_out(run)
    if not request.retroactive.comprehensive:
        assert seen(run.steps) == before
        assert set(run.outcome().lattice.decisions) == set(decisions)


def seen(steps):
    """By step, the members and the weights at which later tokens see them."""
    return [[(one.token_id, one.attention) for one in step.token_set.members] for step in steps]


def borne_out(run):
    """The last decision on a candidate that stays is what it shows, and nothing else shows one."""
    decisions = run.outcome().lattice.decisions
    last = {(one.step, one.token_id): one for one in decisions}
    members = {
        (step.step, one.token_id): one for step in run.steps for one in step.token_set.members
    }
    for place, decision in last.items():
        if not decision.effect.leaves:
            assert members[place].reason == decision.reason
            assert members[place].attention == decision.weight
            assert decision.decided_at < len(run.steps)
    for place, one in members.items():
        assert one.reason is None or place in last
