import math
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.domain.errors import NonFiniteLogitsError, PromptError, SessionError
from tempo.domain.events import RunFinished, RunStarted, StepAppended, TextSettled
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import FinishReason, StopOn, Stopping
from tempo.domain.superposition import Lineage
from tempo.domain.text import cut_at_stop
from tempo.domain.tokens import CandidateState, TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import BreaksDown
from tests.fakes.tokenizers import ByteTokenizer
from tests.oracles import complete_paths
from tests.strategies import contents, requests, scripts

ONE_WIDE = Selection(ConstantThreshold(0.0), 1, 4)
WIDE = Selection(ConstantThreshold(0.05), 4, 6)


def generation(script, request, backend=None, tokenizer=None):
    use_case = Generate(backend or ScriptedBackend(script), tokenizer or ScriptedTokenizer(script))
    return use_case.start(request)


def written(conditionals, **fields):
    """Run a script that is written down, from the prompt "a", to its end."""
    script = Script.of(conditionals)
    prompt = ScriptedTokenizer(script).encode("a")
    request = GenerationRequest(prompt, **({"selection": WIDE} | fields))
    return Generate(ScriptedBackend(script), ScriptedTokenizer(script)).run(request)


@st.composite
def runs(draw):
    """A run under any request, over texts or over any bytes."""
    script = draw(scripts())
    request = draw(requests(script))
    size = len(script.vocabulary) - 1
    tokenizer = ScriptedTokenizer(script)
    if draw(st.booleans()):
        tokens = draw(st.lists(contents.filter(bool), min_size=size, max_size=size))
        tokenizer = ByteTokenizer((b"", *tokens))
    return generation(script, request, tokenizer=tokenizer)


def texts(events):
    return [event.text for event in events if isinstance(event, TextSettled | RunFinished)]


@given(runs())
def test_the_texts_of_the_events_joined_are_the_outcomes_text(run):
    assert "".join(texts(run.events())) == run.outcome().text


@given(runs())
def test_streamed_text_never_retracts(run):
    given_out = ""
    for event in run.events():
        if isinstance(event, TextSettled):
            assert event.text
            given_out += event.text
        assert run.outcome().text.startswith(given_out)


@given(runs())
def test_settled_steps_only_grow_and_never_pass_the_steps_decoded(run):
    decoded = settled = 0
    for event in run.events():
        decoded += isinstance(event, StepAppended)
        if isinstance(event, TextSettled):
            assert settled <= event.steps <= decoded
            settled = event.steps


@given(runs())
def test_the_displayed_path_is_a_path_of_the_lattice(run):
    list(run.events())
    outcome, stops = run.outcome(), run.request.stopping.stop_bytes
    assert outcome.best == outcome.lattice.chain(len(outcome.best) - 1, outcome.best[-1])
    along = [
        step.token_set.members[member]
        for step, member in zip(outcome.lattice.steps, outcome.best, strict=False)
    ]
    assert outcome.best_path_ids == tuple(one.token_id for one in along)
    content = cut_at_stop(b"".join(one.content for one in along), stops)
    assert outcome.text == content.decode("utf-8", errors="replace")
    assert outcome.finished == (along[-1].state is CandidateState.FINISHED)
    assert outcome.finished or len(outcome.best) == len(outcome.lattice)


@given(runs())
def test_the_events_tell_the_run_in_order(run):
    events = list(run.events())
    steps = [event.step for event in events if isinstance(event, StepAppended)]
    assert events[0] == RunStarted(run.request.prompt_ids, run.request.max_steps)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].reason == run.outcome().reason == run.reason
    assert [step.step for step in steps] == list(range(len(run.outcome().lattice)))
    assert 1 <= len(steps) <= run.request.max_steps
    assert (len(steps) == run.request.max_steps) or run.reason in {
        FinishReason.END_OF_TEXT,
        FinishReason.STOP_STRING,
    }


@given(runs())
def test_no_stop_string_is_in_the_text(run):
    list(run.events())
    text = run.outcome().text.encode()
    assert not any(stop in text for stop in run.request.stopping.stop_bytes)


@given(runs())
def test_no_end_token_comes_before_min_steps(run):
    list(run.events())
    for step in run.outcome().lattice.steps[: run.request.stopping.min_steps]:
        assert 0 not in [one.token_id for one in step.candidates]


@given(runs())
def test_the_finished_share_is_that_of_the_enumerated_paths(run):
    """F <- F + (1 - F) q at every step, against all paths of the lattice written out."""
    list(run.events())
    lattice = run.outcome().lattice
    paths = complete_paths(lattice)
    for length, step in enumerate(lattice.steps, start=1):
        share = sum(path.share for path in paths if path.finished and len(path.members) <= length)
        assert step.finished_mass == pytest.approx(share, abs=1e-9)
    assert run.outcome().finished_mass == lattice.steps[-1].finished_mass


@given(runs())
def test_a_run_ends_as_soon_as_its_rule_says(run):
    """No step but the last may have been a reason to stop under `mass` and `any`."""
    list(run.events())
    stopping, steps = run.request.stopping, run.outcome().lattice.steps
    for step in steps[:-1]:
        assert step.token_set.live
        if stopping.stop_on is StopOn.MASS:
            assert step.finished_mass < stopping.stop_mass
        if stopping.stop_on is StopOn.ANY:
            assert step.finished_mass == 0
    if run.reason is FinishReason.END_OF_TEXT and stopping.stop_on is StopOn.MASS:
        assert steps[-1].finished_mass >= stopping.stop_mass or not steps[-1].token_set.live


@given(runs(), st.integers(0, 8))
def test_closing_early_leaves_a_consistent_outcome(run, drawn):
    events = run.events()
    seen = [event for _, event in zip(range(drawn + 1), events, strict=False)]
    assume(not isinstance(seen[-1], RunFinished))
    events.close()
    outcome = run.outcome()
    assert outcome.reason is FinishReason.CANCELLED
    assert len(outcome.lattice) == sum(isinstance(event, StepAppended) for event in seen)
    assert len(outcome.best) <= len(outcome.lattice)
    assert outcome.text.startswith("".join(texts(seen)))
    assert outcome.cost.passes == max(1, len(outcome.lattice))
    with pytest.raises(SessionError):
        run._run.advance()


def test_a_run_that_is_closed_before_it_starts_has_nothing():
    script = Script.random(0)
    run = generation(script, GenerationRequest((TokenId(1),)))
    run.close()
    run.close()
    outcome = run.outcome()
    assert (outcome.text, outcome.best, outcome.best_path_ids) == ("", (), ())
    assert (outcome.finished, outcome.finished_mass) == (False, 0.0)
    assert (outcome.reason, len(outcome.lattice)) == (FinishReason.CANCELLED, 0)


def test_a_character_that_tokens_divide_streams_whole():
    script = Script.of({"": {"x": 1.0}, "x": {"y": 1.0}, "y": {"z": 1.0}, "z": {END: 1.0}})
    tokenizer = ByteTokenizer((b"", b"\xe2", b"\x82", b"\xac!"))
    request = GenerationRequest((TokenId(3),), selection=ONE_WIDE)
    script.table[(3,)][:] = [0, 1, 0, 0]
    run = generation(script, replace(request, max_steps=3), tokenizer=tokenizer)
    assert texts(run.events()) == ["€!", ""]


def test_a_character_cut_off_at_the_end_shows_as_a_replacement():
    script = Script.of({"": {"x": 1.0}})
    run = generation(
        script,
        GenerationRequest((TokenId(1),), max_steps=1),
        tokenizer=ByteTokenizer((b"", b"\xe2")),
    )
    assert texts(run.events()) == ["\ufffd"]


CHAIN = {"": {"a": 1.0}, "a": {" b": 1.0}, " b": {"c": 1.0}, "c": {"d": 1.0}, "d": {END: 1.0}}


def test_a_stop_string_is_found_across_tokens_and_cut():
    outcome = written(CHAIN, stopping=Stopping(stop=("bc",)))
    assert (outcome.text, outcome.reason) == (" ", FinishReason.STOP_STRING)
    assert outcome.finished
    assert len(outcome.best_path_ids) == 2


def test_text_that_could_become_a_stop_string_is_held_back():
    script = Script.of(CHAIN)
    request = GenerationRequest(
        ScriptedTokenizer(script).encode("a"), 4, ONE_WIDE, stopping=Stopping(stop=("bcX",))
    )
    events = [
        event.text if isinstance(event, TextSettled | RunFinished) else type(event).__name__
        for event in generation(script, request).events()
    ]
    assert events == [
        "RunStarted",
        *["StepAppended", " "],
        "StepAppended",
        *["StepAppended", "bcd"],
        "StepAppended",
        "",
    ]


def test_the_end_of_text_is_not_part_of_the_text():
    outcome = written(CHAIN)
    assert (outcome.text, outcome.reason) == (" bcd", FinishReason.END_OF_TEXT)
    assert outcome.best_path_ids[-1] == 0
    assert outcome.finished_mass == 1.0


FORK = {
    "": {"a": 1.0},
    "a": {" b": 0.6, END: 0.3, " c": 0.1},
    " b": {" b": 0.9, END: 0.1},
    " c": {END: 1.0},
}
"""After "a" a share of .3 ends; at the next step .16 more, and one chain goes on."""


@pytest.mark.parametrize(
    ("rule", "steps"),
    [
        (Stopping(StopOn.ANY), 1),
        (Stopping(StopOn.MASS, stop_mass=0.29), 1),
        (Stopping(StopOn.MASS, stop_mass=0.31), 2),
        (Stopping(StopOn.MASS, stop_mass=0.45), 2),
        (Stopping(StopOn.MASS, stop_mass=0.47), 3),
        (Stopping(StopOn.ALL), 20),
    ],
    ids=["any", "mass at once", "mass a step later", "still", "mass at last", "all"],
)
def test_each_rule_ends_the_fork_at_its_own_step(rule, steps):
    outcome = written(FORK, stopping=rule, max_steps=20)
    assert (len(outcome.lattice), outcome.text) == (steps, " b" * steps)
    assert outcome.reason is (FinishReason.MAX_STEPS if steps == 20 else FinishReason.END_OF_TEXT)


def test_stop_on_best_waits_until_the_best_path_is_finished():
    """The end has .2; the live paths have at best .45, .27 and at the third step .162."""
    outcome = written(
        {
            "": {"a": 1.0},
            "a": {"x": 0.45, "y": 0.35, END: 0.2},
            "x": {"x": 0.4, "y": 0.6},
            "y": {"x": 0.6, "y": 0.4},
        },
        stopping=Stopping(StopOn.BEST),
    )
    assert (len(outcome.lattice), outcome.text, outcome.finished) == (3, "", True)
    assert outcome.best_path_ids == (0,)


def test_nothing_unfinished_left_ends_every_run():
    for rule in StopOn:
        outcome = written({"": {"a": 1.0}, "a": {END: 1.0}}, stopping=Stopping(rule))
        assert (len(outcome.lattice), outcome.reason) == (1, FinishReason.END_OF_TEXT)


def test_min_steps_bars_the_end_before_it():
    conditionals = {"": {"a": 1.0}, "a": {"a": 0.1, END: 0.9}}
    outcome = written(conditionals, stopping=Stopping(min_steps=3), selection=ONE_WIDE)
    assert (outcome.text, outcome.best_path_ids[-1]) == ("aaa", 0)


def test_barred_tokens_are_never_proposed():
    script = Script.of({"": {"a": 0.1, "b": 0.6, "c": 0.3}})
    request = GenerationRequest((TokenId(1),), 3, WIDE, barred=(TokenId(2), TokenId(0)))
    run = generation(script, request)
    list(run.events())
    found = {one.token_id for step in run.outcome().lattice.steps for one in step.candidates}
    assert found == {1, 3}


def test_a_run_of_max_steps_stops_there():
    outcome = written({"": {"a": 1.0}}, max_steps=3)
    assert (outcome.text, outcome.reason) == ("aaa", FinishReason.MAX_STEPS)
    assert not outcome.finished


@pytest.mark.parametrize("context", [2, 3, 6])
def test_the_models_context_ends_a_run(context):
    script = Script.of({"": {"a": 1.0}})
    request = GenerationRequest((TokenId(1),), 10)
    run = generation(script, request, ScriptedBackend(script, context))
    started, *_ = run.events()
    assert started.max_steps == len(run.outcome().lattice) == context - 1
    assert run.reason is FinishReason.CONTEXT


def test_a_prompt_that_fills_the_context_is_refused():
    script = Script.of({"": {"a": 1.0}})
    with pytest.raises(PromptError):
        generation(script, GenerationRequest((TokenId(1),) * 4), ScriptedBackend(script, 4))


@pytest.mark.parametrize("healthy", [0, 1, 3])
def test_logits_that_are_not_finite_leave_what_was_decoded(healthy):
    script = Script.of({"": {"a": 1.0}})
    backend = BreaksDown(ScriptedBackend(script), healthy=healthy)
    run = generation(script, GenerationRequest((TokenId(1),), 10), backend)
    with pytest.raises(NonFiniteLogitsError, match=f"logits for step {healthy}") as caught:
        list(run.events())
    assert caught.value.step == healthy
    assert caught.value.partial is run.outcome()
    assert run.outcome().text == "a" * healthy
    assert run.outcome().reason is FinishReason.ERROR


def test_the_cost_counts_passes_and_rows():
    lineage = Lineage(soft_steps=2)
    cost = written({"": {"a": 0.6, "b": 0.4}}, max_steps=3, superposition=lineage).cost
    assert (cost.passes, cost.token_rows) == (3, 1 + 2 + 2)
    assert cost.cache_rows == 1 + 2 + 2
    assert set(cost.milliseconds) == {"prefill", "model", "engine"}


def test_the_best_path_is_the_largest_share_and_not_the_winners_of_each_step():
    """Step 0 prefers x (.4), but y and z both lead on to c: each step's winners are no path."""
    outcome = written(
        {
            "": {"a": 1.0},
            "a": {"x": 0.4, "y": 0.35, "z": 0.25},
            "x": {"b": 0.5, "d": 0.5},
            "y": {"c": 1.0},
            "z": {"c": 1.0},
        },
        max_steps=2,
    )
    assert outcome.text == "yc"
    winners = [step.token_set.members[0].text for step in outcome.lattice.steps]
    assert winners == ["x", "c"]
    assert math.exp(outcome.lattice.steps[1].token_set.members[0].score) == pytest.approx(0.35)
