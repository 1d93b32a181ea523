"""Tree search over scripts: its laws, and what goes wrong."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tempo.application.decoding.asking import answered
from tempo.application.decoding.generate import Generate
from tempo.application.decoding.many import rows_needed
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.rescoring import Rescore
from tempo.application.decoding.steering import SteeredRun
from tempo.application.records.record import Provenance, record_of
from tempo.application.records.replay import Replay
from tempo.application.searching.run import SearchRun
from tempo.domain.commitment import committed_chain
from tempo.domain.errors import (
    ContradictionError,
    IneffectiveSettingError,
    NonFiniteLogitsError,
    SessionError,
)
from tempo.domain.events import RunFinished, StepAppended, TextSettled
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.search.demands import Demands
from tempo.domain.search.plan import Rollout, TreeSearch
from tempo.domain.search.puct import Puct
from tempo.domain.selection import Selection
from tempo.domain.stopping import FinishReason, Stopping
from tempo.domain.superposition import path_superposition
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import BreaksDown, CountingBackend
from tests.fakes.verifiers import Failing, Growing, Remembering, Wanting
from tests.strategies import requests, scripts, seeds

WIDE = Selection(ConstantThreshold(0.05), 4, 6)
plans = st.builds(
    TreeSearch,
    simulations=st.integers(1, 6),
    depth=st.integers(1, 4),
    rule=st.builds(Puct, st.sampled_from([0.0, 0.5, 1.0, 3.0])),
    rollout=st.sampled_from(Rollout),
    batch=st.integers(1, 4),
    seed=st.integers(0, 99),
    verifier=st.sampled_from([Wanting("a"), Wanting("b"), Remembering()]),
)
FLIP = Script.of({"": {"a": 0.6, "b": 0.4}})
"""Never ends, and remembers nothing."""


def searching(script, request, backend=None):
    use_case = Generate(backend or ScriptedBackend(script), ScriptedTokenizer(script))
    return use_case.start(request)


def outcome_of(script, request, backend=None):
    run = searching(script, request, backend)
    for _ in run.events():
        pass
    return run.outcome()


@st.composite
def searches(draw, **fixed):
    """A script, and a request that searches it."""
    script = draw(scripts())
    plan = replace(draw(plans), **fixed)
    request = draw(requests(script, superposition=path_superposition(), search=plan))
    return script, replace(request, stopping=replace(request.stopping, stop_mass=1.0))


def flipping(**plan):
    """A request over the script that flips a coin for ever."""
    fields = {"max_steps": 4} | {name: plan.pop(name) for name in ("max_steps",) if name in plan}
    return GenerationRequest(
        (1,),
        selection=WIDE,
        superposition=path_superposition(),
        search=TreeSearch(**plan),
        **fields,
    )


# Laws --------------------------------------------------------------------------------------------


@given(searches(simulations=1, batch=1))
def test_one_simulation_is_greedy_decoding_under_the_prior(search):
    script, request = search
    greedy = replace(request, search=None, selection=Selection(ConstantThreshold(0.0), 1, 6))
    found, wanted = outcome_of(script, request), outcome_of(script, greedy)
    assert found.best_path_ids == wanted.best_path_ids
    assert (found.text, found.reason) == (wanted.text, wanted.reason)


@pytest.mark.parametrize("rows", [None, 7])
def test_one_simulation_does_not_follow_a_text_that_its_rollout_came_upon(rows):
    for seed in range(30):
        plan = {"simulations": 1, "depth": 4, "seed": seed, "rows": rows}
        request = flipping(rollout=Rollout.SAMPLED, verifier=Remembering(1.0), **plan)
        assert outcome_of(FLIP, request).text == "aaaa"


@given(searches())
def test_every_text_that_was_tried_has_the_models_own_score_on_its_path(search):
    """Each row sees its path alone, whatever else stands in the cache."""
    script, request = search
    tried = outcome_of(script, request).search.texts
    scores = Rescore(ScriptedBackend(script)).run(
        request.prompt_ids, [one.token_ids for one in tried]
    )
    np.testing.assert_allclose([one.log_probability for one in tried], scores, atol=1e-5)


@given(searches())
def test_the_text_is_one_that_was_tried_or_is_judged_at_the_end(search):
    script, request = search
    outcome = outcome_of(script, request)
    (own,) = [one for one in outcome.search.texts if one.token_ids == outcome.best_path_ids]
    assert own.text == outcome.text
    assert own.value == outcome.search.value
    assert own.complete


@given(searches())
def test_no_text_is_tried_beyond_the_depth(search):
    script, request = search
    verifier = Remembering()
    request = replace(request, search=replace(request.search, verifier=verifier))
    decided = 0
    for event in searching(script, request).events():
        if isinstance(event, StepAppended):
            reach = decided + request.search.depth
            assert all(one.tokens <= min(reach, request.max_steps) for one in verifier.asked)
            decided, verifier.asked = decided + 1, []


@given(searches())
def test_a_search_is_repeated_by_its_seed(search):
    script, request = search
    once, again = outcome_of(script, request), outcome_of(script, request)
    assert once.search == again.search
    assert once.best_path_ids == again.best_path_ids


def test_another_seed_tries_other_texts():
    found = {
        tuple(one.token_ids for one in outcome_of(FLIP, flipping(seed=seed)).search.texts)
        for seed in range(8)
    }
    assert len(found) > 1


def test_greedy_rollouts_draw_nothing():
    found = {
        tuple(
            one.token_ids
            for one in outcome_of(FLIP, flipping(seed=seed, rollout=Rollout.GREEDY)).search.texts
        )
        for seed in range(8)
    }
    assert len(found) == 1


@given(searches())
def test_rows_are_counted_and_cut_branches_leave_the_cache(search):
    script, request = search
    backend = CountingBackend(ScriptedBackend(script))
    outcome = outcome_of(script, request, backend)
    prompt, cost = len(request.prompt_ids), outcome.cost
    assert outcome.search.rows == backend.nodes == cost.token_rows - prompt
    assert cost.cache_rows <= prompt + len(outcome.lattice.steps)
    assert cost.cache_rows == prompt + backend.nodes - cost.released_rows
    assert cost.peak_cache_rows <= rows_needed(request)


@given(searches(), st.integers(0, 60))
def test_a_bound_on_rows_holds(search, more):
    script, request = search
    bound = request.max_steps + more
    request = replace(request, search=replace(request.search, rows=bound))
    assert outcome_of(script, request).search.rows <= bound


@given(searches())
def test_the_texts_of_the_events_joined_are_the_outcomes_text(search):
    script, request = search
    run = searching(script, request)
    told = [event.text for event in run.events() if isinstance(event, TextSettled | RunFinished)]
    assert "".join(told) == run.outcome().text


@given(searches())
def test_a_searched_lattice_replays_exactly(search):
    """Law 10: its text, scores and decisions follow from what is stored."""
    script, request = search
    outcome = outcome_of(script, request)
    provenance = Provenance(
        stop=request.stopping.stop,
        settings={},
        finish_reason=outcome.reason,
        settled=outcome.settled,
    )
    record = record_of(outcome.lattice, outcome.best, provenance)
    assert record.text == outcome.text
    assert all(one.equal for one in Replay().run(record))


@given(searches(), seeds)
def test_a_search_goes_on_from_what_is_committed(search, draw):
    script, request = search
    whole = outcome_of(script, request)
    going_on = [step for step in whole.lattice.steps[:-1] if step.token_set.live_indices]
    if not going_on:
        return
    step = going_on[draw % len(going_on)]
    token = step.candidates[0].token_id
    ends = token in ScriptedTokenizer(script).end_tokens
    if ends or any(request.stopping.stop):
        return
    chain = committed_chain(whole.lattice, step.step, token)
    outcome = outcome_of(script, replace(request, committed=chain))
    assert outcome.best_path_ids[: len(chain)] == (*whole.best_path_ids[: len(chain) - 1], token)
    (score,) = Rescore(ScriptedBackend(script)).run(request.prompt_ids, [outcome.best_path_ids])
    own = [one for one in outcome.search.texts if one.token_ids == outcome.best_path_ids]
    assert own[0].log_probability == pytest.approx(score, abs=1e-5)


# What it does -------------------------------------------------------------------------------------


def test_a_search_finds_what_the_prior_would_not():
    """Greedy decoding says a for ever; the demand is for four times b, which has 0.0256."""
    request = flipping(simulations=40, depth=4, verifier=Demands.of(patterns=("bbbb",)))
    assert outcome_of(FLIP, replace(request, search=None)).text.count("a") == 4
    outcome = outcome_of(FLIP, request)
    assert outcome.text == "bbbb"
    assert outcome.search.value == 1.0


def test_nothing_is_looked_for_once_a_complete_text_cannot_be_bettered():
    request = flipping(simulations=7, depth=4, batch=1, verifier=Remembering(1.0))
    assert outcome_of(FLIP, request).search.simulations == 1


def test_a_text_that_is_not_complete_does_not_end_the_search():
    request = flipping(simulations=7, depth=2, batch=1, verifier=Remembering(1.0))
    assert outcome_of(FLIP, request).search.simulations == 7 + 7 + 1


def test_the_tree_is_kept_between_steps():
    """A step's visits are those that its node had before, less its own first, and the new ones."""
    request = flipping(simulations=8, depth=4, batch=1, verifier=Remembering())
    outcome = outcome_of(FLIP, request)
    left = [(int(one.score), int(one.threshold)) for one in outcome.lattice.decisions]
    assert sum(left[0]) == 8
    for (_, chosen), now in itertools.pairwise(left):
        assert sum(now) == chosen - 1 + 8


def test_a_step_tells_the_visits_of_what_it_left():
    outcome = outcome_of(FLIP, flipping(simulations=3, depth=1, batch=1, verifier=Wanting("b")))
    (member,) = outcome.lattice.steps[0].token_set.members
    (other,) = outcome.lattice.steps[0].others[:1]
    assert (member.text, other.text) == ("b", "a")
    assert other.reason == "dropped at step 0: visits 1 against 2"
    assert outcome.pruning.pruned == {"visits": 4}


def test_passes_are_shared_by_simulations_of_a_batch():
    def passes(batch):
        backend = CountingBackend(ScriptedBackend(FLIP))
        request = flipping(simulations=16, depth=6, max_steps=6, batch=batch)
        outcome_of(FLIP, request, backend)
        return backend.passes

    assert passes(8) < 0.5 * passes(1)


def test_a_text_is_judged_once():
    verifier = Remembering()
    outcome_of(FLIP, flipping(simulations=20, depth=4, verifier=verifier))
    texts = [(one.text, one.tokens) for one in verifier.asked]
    assert len(texts) == len(set(texts))


def test_a_search_ends_at_end_tokens_and_stop_strings():
    script = Script.of({"": {"a": 0.7, END: 0.3}})
    request = GenerationRequest(
        (1,),
        max_steps=9,
        selection=WIDE,
        superposition=path_superposition(),
        search=TreeSearch(simulations=12, verifier=Demands.of(patterns=("^a$",))),
    )
    ended = outcome_of(script, request)
    assert (ended.text, ended.finished, ended.reason) == ("a", True, FinishReason.END_OF_TEXT)
    stopped = outcome_of(script, replace(request, stopping=Stopping(stop=("aa",))))
    assert stopped.reason in {FinishReason.STOP_STRING, FinishReason.END_OF_TEXT}
    barred = outcome_of(script, replace(request, stopping=Stopping(min_steps=3)))
    assert len(barred.lattice.steps) >= 4 or barred.text == "aaa"


def test_a_search_ends_where_the_context_does():
    backend = ScriptedBackend(FLIP, context=4)
    outcome = outcome_of(FLIP, flipping(max_steps=9), backend)
    assert (len(outcome.lattice.steps), outcome.reason) == (3, FinishReason.CONTEXT)


# What goes wrong ----------------------------------------------------------------------------------


def test_a_verifier_that_raises_scores_the_branch_worst_and_is_counted():
    outcome = outcome_of(FLIP, flipping(simulations=30, depth=4, verifier=Failing("a")))
    assert outcome.text == "bbbb"
    assert outcome.search.errors == sum("a" in one.text for one in outcome.search.texts)
    assert outcome.search.errors > 0
    assert outcome.search.error == "ValueError: no a, please"
    assert all(one.value == 0.0 for one in outcome.search.texts if "a" in one.text)


@pytest.mark.parametrize("wrong", [1.5, -0.1, math.nan, "good", None])
def test_a_value_outside_the_unit_interval_is_a_failure_too(wrong):
    outcome = outcome_of(FLIP, flipping(verifier=Failing("x", wrong)))
    assert outcome.search.errors == len(outcome.search.texts)
    assert outcome.search.value == 0.0
    assert len(outcome.lattice.steps) == 4


@pytest.mark.parametrize("wrong", [math.nan, "good", None])
def test_what_a_verifier_answered_instead_of_a_value_is_told(wrong):
    outcome = outcome_of(FLIP, flipping(verifier=Failing("x", wrong)))
    said = f"InvalidValueError: the value is {wrong!r}; it must be a number from 0 to 1"
    assert outcome.search.error == said


class Mute(Exception):  # noqa: N818 - an error that fails to tell itself
    def __str__(self):
        raise ValueError


class Unspeakable:
    def value(self, _attempt):
        raise Mute


def test_an_error_that_cannot_be_told_is_named():
    outcome = outcome_of(FLIP, flipping(verifier=Unspeakable()))
    assert outcome.search.errors == len(outcome.search.texts)
    assert outcome.search.error == "Mute"


def test_logits_that_are_not_finite_end_the_search_and_keep_what_was_decided():
    backend = BreaksDown(ScriptedBackend(FLIP), healthy=30)
    run = searching(FLIP, flipping(max_steps=40), backend)
    with pytest.raises(NonFiniteLogitsError) as caught:
        list(run.events())
    assert caught.value.partial.search.simulations > 0
    assert caught.value.partial.reason is FinishReason.ERROR


def test_a_finished_text_has_no_next_step():
    script = Script.of({"": {END: 1.0}, "a": {END: 1.0}})
    backend, request = ScriptedBackend(script), flipping(simulations=1)
    run = SearchRun(backend, ScriptedTokenizer(script), request)
    answered(run.decoding(), backend)
    with pytest.raises(SessionError, match="the text is finished"):
        answered(run.decoding(), backend)


def test_a_closed_search_keeps_what_it_found():
    run = searching(FLIP, flipping(max_steps=9))
    for event in run.events():
        if isinstance(event, StepAppended) and event.step.step == 2:
            break
    run.close()
    assert len(run.outcome().best_path_ids) == 3
    assert run.outcome().reason is FinishReason.CANCELLED
    assert run.left is None


def test_a_bound_that_leaves_no_row_for_a_step_is_refused():
    with pytest.raises(ContradictionError, match="mcts_rows is 2 and max_steps 4"):
        flipping(rows=2)


def test_what_looks_at_paths_is_refused():
    with pytest.raises(ContradictionError, match=r"repetition_penalty is 1\.2"):
        replace(flipping(), rules=RowRules(repetition_penalty=1.2))


def test_a_run_that_a_person_moves_does_not_search():
    with pytest.raises(IneffectiveSettingError, match="use_mcts would have no effect"):
        SteeredRun(ScriptedBackend(FLIP), ScriptedTokenizer(FLIP), flipping())


# Most searches are sure of their text before their rows are spent.
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(searches(), st.integers(0, 4))
def test_once_the_rows_are_spent_the_best_complete_text_will_do(search, more):
    """With simulations that go to the end there is always one, and no row is set aside for it."""
    script, request = search
    plan = replace(request.search, rows=request.max_steps + more, depth=request.max_steps)
    found = outcome_of(script, replace(request, search=replace(plan, simulations=100))).search
    assume(found.spent)
    assert found.value == found.texts[0].value
    assert found.texts[0].complete


def test_a_text_that_ended_above_the_root_is_none_to_go_on_with():
    """The root is deep in the text when texts that ended long before are looked through."""
    script = Script.of({"": {"a": 0.7, END: 0.3}})
    request = flipping(simulations=6, depth=2, rows=20, max_steps=10, verifier=Growing())
    outcome = outcome_of(script, request)
    assert {len(one.text) for one in outcome.search.texts if one.finished} >= {0, 1, 2}
    assert outcome.text == "a" * 10
