"""Earlier sets are refined by what came later, and nothing comes apart."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.domain.events import CandidatesPruned, RunFinished, StepAppended, TextSettled
from tempo.domain.lattice import Lattice
from tempo.domain.posteriors import posteriors, terminal_masses
from tempo.domain.pruning.attention import AttentionPruning, Sigmoid
from tempo.domain.pruning.decision import Effect
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode, RetroactivePruning
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.superposition import Marginal, path_superposition
from tempo.domain.tokens import CandidateState, TokenSet
from tempo.domain.trellis import Trellis
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.never_kept import NeverKept
from tests.strategies import attention_rules, posterior_rules, pruned_requests, scripts

NO_END = Stopping(stop_on=StopOn.ALL)


@st.composite
def pruned_runs(draw, **fixed):
    script = draw(scripts())
    request = draw(pruned_requests(script, **fixed))
    return DecodingRun(ScriptedBackend(script), ScriptedTokenizer(script), request)


def advanced(run):
    """All steps, each followed by a yield."""
    while run.decoded < run.request.max_steps and (run.has_live or not run.steps):
        yield run.advance()


@given(pruned_runs())
def test_weights_scores_and_parents_are_those_of_the_lattice_that_is_left(run):
    for _ in advanced(run):
        forward = terminal_masses(run.steps)
        for index, step in enumerate(run.steps):
            members = step.token_set.members
            assert [one.weight for one in members] == pytest.approx(forward.weights[index])
            earlier = run.steps[index - 1].token_set.live_indices if index else ()
            assert len(step.transitions) == (len(earlier) if index else 1)
            assert step.transitions.shape[1] == step.width
            for one in members:
                assert one.parent in earlier if index else one.parent is None
        assert run.frontier.weights == pytest.approx(
            [one.weight for one in run.steps[-1].token_set.live]
        )
        for shares in posteriors(run.steps):
            assert shares.sum() == pytest.approx(1)


@given(pruned_runs(release=True))
def test_layout_forest_and_cache_hold_the_same_slots(run):
    for _ in advanced(run):
        layout = {slot for step in range(len(run.layout)) for slot in run.layout.slots(step)}
        unfed = set(run.frontier.slots) - set(run._state.fed)
        held = run.request.goes_back
        if not held:
            assert len(layout - unfed) == run.session.cache_rows - run.layout.prompt_length
        assert layout <= set(run.ancestry._parent)
        for slot in run.frontier.slots:
            run.ancestry.ancestor(slot, len(run.steps) - 1)


@given(pruned_runs())
def test_a_step_keeps_a_member_unless_the_mode_takes_it_whole(run):
    """Decoded again, a run may find its end before it comes so far."""
    numbers = []
    for appended in advanced(run):
        numbers.append(appended.step.step)
        if run.pruned is not None:
            for number in run.pruned.removed:
                numbers.remove(number)
            if run.request.goes_back and not run.has_live:
                numbers = numbers[: run.decoded]
        assert [step.step for step in run.steps] == numbers
        assert all(step.token_set.members for step in run.steps)
    removing = run.request.retroactive.complete_mode is CompleteMode.REMOVE_POSITION
    assert removing or numbers == list(range(run.decoded))
    assert run.has_live or run.finished


@given(pruned_runs())
def test_the_leading_hypothesis_is_never_pruned(run):
    for _ in advanced(run):
        if run.pruned is not None and run.has_live:
            gone = {(one.step, one.token_id) for one in run.pruned.decisions if one.effect.leaves}
            gone -= {(number, token) for number, token in gone if number in run.pruned.removed}
            leader = int(np.argmax(run.frontier.scores))
            member = run.steps[-1].token_set.live_indices[leader]
            chain = run._trellis.chain(len(run.steps) - 1, member)
            for step, place in zip(run.steps, chain, strict=True):
                assert (step.step, step.token_set.members[place].token_id) not in gone


@given(st.data())
def test_streamed_texts_joined_are_the_text_of_the_run(data):
    script = data.draw(scripts())
    request = data.draw(pruned_requests(script))
    generation = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).start(request)
    told = [event for event in generation.events() if isinstance(event, (TextSettled, RunFinished))]
    assert "".join(event.text for event in told) == generation.outcome().text


@given(st.data())
def test_events_tell_the_whole_lattice(data):
    """Steps as appended, replaced by those that a pruning tells, are the lattice of the end."""
    script = data.draw(scripts())
    request = data.draw(pruned_requests(script))
    generation = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).start(request)
    told, decisions = {}, []
    for event in generation.events():
        if isinstance(event, StepAppended):
            told[event.step.step] = event.step
        if isinstance(event, CandidatesPruned):
            first = event.steps[0].step if event.steps else math.inf
            told = {n: step for n, step in told.items() if n < first and n not in event.removed}
            told |= {step.step: step for step in event.steps}
            decisions += event.decisions
    lattice = generation.outcome().lattice
    assert [one for one in decisions if one in lattice.decisions] == list(lattice.decisions)
    void = [one for one in decisions if one not in lattice.decisions]
    assert not void or request.goes_back
    for one in void:
        considered = [other.token_id for other in lattice.step(one.step).candidates if other.reason]
        assert one.token_id not in considered
    assert [told[step.step].transitions.tolist() for step in lattice.steps] == [
        step.transitions.tolist() for step in lattice.steps
    ]
    for step in lattice.steps:
        states = [(one.token_id, one.state, one.weight, one.reason) for one in step.candidates]
        mine = [(o.token_id, o.state, o.weight, o.reason) for o in told[step.step].candidates]
        assert mine == states
    assert len(told) == len(lattice.steps)


WEIGHING_AGAIN = {
    "rule": attention_rules,
    "after": st.just(AfterPruning.RECOMPUTE),
    "complete_mode": st.just(CompleteMode.KEEP_TOKEN),
}


@pytest.mark.no_cover  # others take the same branches, and many examples are many lines to trace
@settings(max_examples=400)
@given(pruned_runs() | pruned_runs(max_steps=st.integers(8, 12), pruning=WEIGHING_AGAIN))
def test_every_decision_is_borne_out_by_what_it_names(run):
    """Also where steps were decoded again and have other candidates now."""
    for _ in advanced(run):
        pass
    steps = {step.step: step for step in run.lattice.steps}
    last = {(one.step, one.token_id): one for one in run.lattice.decisions}
    for (number, token), one in last.items():
        if number not in steps:
            assert run.request.retroactive.complete_mode is CompleteMode.REMOVE_POSITION
            continue
        named = [other for other in steps[number].candidates if other.token_id == token]
        if one.effect.leaves:
            assert run.request.goes_back or [other.reason for other in named] == [one.reason]
        else:
            assert [(o.reason, o.attention) for o in named] == [(one.reason, one.weight)]


CONDITIONALS = {
    (): [0.473, 0.272, 0.101, 0.153],
    (1,): [0.133, 0.828, 0.019, 0.020],
    (2,): [0.038, 0.484, 0.068, 0.410],
    (3,): [0.282, 0.060, 0.629, 0.029],
    (1, 1): [0.131, 0.595, 0.254, 0.020],
    (2, 1): [0.017, 0.449, 0.425, 0.109],
    (3, 1): [0.706, 0.028, 0.261, 0.005],
    (1, 2): [0.104, 0.133, 0.211, 0.552],
    (2, 2): [0.095, 0.106, 0.006, 0.793],
    (3, 2): [0.124, 0.275, 0.218, 0.383],
    (1, 3): [0.078, 0.020, 0.081, 0.821],
    (2, 3): [0.252, 0.035, 0.276, 0.437],
    (3, 3): [0.636, 0.166, 0.013, 0.185],
}
ENDING_EARLIER = Script(
    vocabulary=(END, "a", ".", "aa"),
    table={context: np.array(row) / sum(row) for context, row in CONDITIONALS.items()},
    order=2,
)
"""Rows as they were drawn: a run that prunes over them ends earlier when it decodes again."""


def test_what_was_decided_holds_where_decoding_again_ends_before_its_step():
    request = GenerationRequest(
        (1, 2),
        max_steps=8,
        selection=Selection(ConstantThreshold(0.15), 3, 5),
        superposition=Marginal(),
        stopping=Stopping(stop_on=StopOn.MASS, stop_mass=0.2),
        release=False,
        retroactive=RetroactivePruning(
            AttentionPruning(ConstantThreshold(0.1), None, Sigmoid(10.0), decay=0.0),
            CompleteMode.KEEP_TOKEN,
            lag=3,
            comprehensive=True,
            monotone=False,
            after=AfterPruning.RECOMPUTE,
        ),
    )
    run = DecodingRun(ScriptedBackend(ENDING_EARLIER), ScriptedTokenizer(ENDING_EARLIER), request)
    for _ in advanced(run):
        pass
    late = [one for one in run.lattice.decisions if one.decided_at >= run.decoded]
    assert {one.effect for one in late} > {Effect.PRUNED}, "the case that this is about"
    for one in late:
        if not one.effect.leaves:
            members = run.lattice.step(one.step).token_set.members
            (named,) = (member for member in members if member.token_id == one.token_id)
            assert (named.attention, named.reason) == (one.weight, one.reason)


@given(pruned_runs())
def test_every_pruned_candidate_has_its_decision_and_its_reason(run):
    for _ in advanced(run):
        pass
    ended_earlier = run.request.goes_back and not run.has_live
    log = {(one.step, one.token_id): one for one in run.lattice.decisions}
    for step in run.lattice.steps:
        for one in step.candidates:
            if one.state is CandidateState.PRUNED or one.attention < 1.0:
                decision = log[step.step, one.token_id]
                assert one.reason == decision.reason
                assert decision.step <= decision.decided_at
                assert decision.decided_at < run.decoded or ended_earlier
                assert one.attention == decision.weight or decision.effect.leaves
    tally, effects = run.tally, [one.effect for one in run.lattice.decisions]
    assert sum(tally.pruned.values()) == sum(
        effect.leaves and effect is not Effect.DESCENDANT for effect in effects
    )
    assert tally.descendants == effects.count(Effect.DESCENDANT)
    assert 0 <= tally.kept <= tally.judged
    assert 0.0 <= tally.lost <= 1.0


@pytest.mark.no_cover  # others take the same branches, and many examples are many lines to trace
@settings(max_examples=300)
@given(
    pruned_runs(
        stopping=NO_END,
        pruning={"rule": posterior_rules, "complete_mode": st.just(CompleteMode.KEEP_TOKEN)},
    )
)
def test_the_posterior_that_is_judged_is_the_enumerated_share_of_the_live_paths(run):
    """Before each step's verdict the shares are counted path by path over the transitions."""
    steps_before = []
    for appended in advanced(run):
        steps_before = [*steps_before, appended.step]
        if run.pruned is None:
            steps_before = list(run.steps)
            continue
        if run.request.retroactive.after is AfterPruning.KEEP:
            shares = live_shares(steps_before)
            for one in run.pruned.decisions:
                index = next(i for i, step in enumerate(steps_before) if step.step == one.step)
                assert one.mass == pytest.approx(shares[index][one.token_id], abs=1e-9)
                if one.effect is Effect.PRUNED:
                    assert one.score == pytest.approx(one.mass)
        steps_before = list(run.steps)


def live_shares(steps):
    """By step and token, the share of the paths that end live at the newest step, enumerated."""
    paths = {((), None): 0.0}
    for index, step in enumerate(steps):
        rows = steps[index - 1].token_set.live_indices if index else (None,)
        grown = {}
        for (path, last), score in paths.items():
            row = rows.index(last)
            for member in step.token_set.live_indices:
                grown[(*path, member), member] = score + step.transitions[row, member]
        paths = grown
    total = np.logaddexp.reduce(list(paths.values()))
    shares = [{} for _ in steps]
    for (path, _), score in paths.items():
        for index, member in enumerate(path):
            token = steps[index].token_set.members[member].token_id
            shares[index][token] = shares[index].get(token, 0.0) + math.exp(score - total)
    return shares


# Laws 5 and 7 -----------------------------------------------------------------------------------


def finished_lattice(script, request):
    outcome = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).run(request)
    return outcome.lattice, outcome.cost


def same_lattice(one, two):
    assert [step.step for step in one.steps] == [step.step for step in two.steps]
    for mine, other in zip(one.steps, two.steps, strict=True):
        tokens = [(member.token_id, member.state) for member in mine.token_set.members]
        assert tokens == [(member.token_id, member.state) for member in other.token_set.members]
        assert mine.transitions == pytest.approx(other.transitions, abs=1e-9)
        weights = [member.weight for member in mine.token_set.members]
        assert weights == pytest.approx([o.weight for o in other.token_set.members], abs=1e-9)


@given(st.data())
def test_law_7_what_is_evicted_equals_what_is_masked_and_takes_fewer_rows(data):
    """Whatever the rule and the mode, several prunings in a row: no ghost is attended to."""
    script = data.draw(scripts())
    keeping = {"after": st.just(AfterPruning.KEEP)}
    request = data.draw(pruned_requests(script, release=True, pruning=keeping))
    evicted, cost = finished_lattice(script, request)
    masked, held = finished_lattice(script, replace(request, release=False))
    same_lattice(evicted, masked)
    assert [one.reason for one in evicted.decisions] == [one.reason for one in masked.decisions]
    assert cost.cache_rows == held.cache_rows - cost.released_rows


@given(st.data())
def test_after_recomputing_all_is_as_if_the_candidate_had_never_been_kept(data):
    """Held against a run that prunes nothing and never keeps those candidates.

    Nothing ends here: what a finished text goes through is masked from then on, not recomputed.
    """
    script = data.draw(scripts(end_weights=(0.0,)))
    recomputing = {
        "after": st.just(AfterPruning.RECOMPUTE),
        "complete_mode": st.just(CompleteMode.KEEP_TOKEN),
        "rule": posterior_rules,
    }
    uncapped = Selection(ConstantThreshold(data.draw(st.sampled_from([0.0, 0.1, 0.2]))), 16, 16)
    request = data.draw(
        pruned_requests(script, selection=uncapped, stopping=NO_END, pruning=recomputing)
    )
    pruned, _ = finished_lattice(script, request)
    dropped = {}
    for one in pruned.decisions:
        if one.effect is Effect.PRUNED:
            dropped.setdefault(one.step, set()).add(one.token_id)
    run = DecodingRun(
        NeverKept(ScriptedBackend(script), dropped),
        ScriptedTokenizer(script),
        replace(request, retroactive=None),
    )
    for _ in range(len(pruned.steps)):
        run.advance()
    for mine, other in zip(pruned.steps, run.steps, strict=True):
        tokens = [member.token_id for member in mine.token_set.members]
        assert tokens == [member.token_id for member in other.token_set.members]
        assert mine.transitions == pytest.approx(other.transitions, abs=1e-9)
        assert mine.kept_mass == pytest.approx(other.kept_mass, abs=1e-9)


@given(st.data())
def test_what_left_does_not_come_back_when_all_is_decoded_again(data):
    """Neither a pruned candidate nor its descendants, of which a text may have finished."""
    script = data.draw(scripts())
    recomputing = {
        "after": st.just(AfterPruning.RECOMPUTE),
        "complete_mode": st.just(CompleteMode.KEEP_TOKEN),
    }
    request = data.draw(pruned_requests(script, stopping=NO_END, pruning=recomputing))
    lattice, _ = finished_lattice(script, request)
    for one in lattice.decisions:
        live = [member.token_id for member in lattice.steps[one.step].token_set.live]
        assert one.token_id not in live or not one.effect.leaves


def test_what_left_with_a_needed_ancestor_does_not_come_back_either():
    """No step is decoded again then, so that later marks still hold what left."""
    odds = {
        (): (0.03, 0.41, 0.56), (1,): (0.12, 0.44, 0.44), (2,): (0.74, 0.05, 0.21),
        (1, 1): (0.51, 0.26, 0.23), (2, 1): (0.02, 0.48, 0.5),
        (1, 2): (0.29, 0.27, 0.44), (2, 2): (0.34, 0.09, 0.57),
    }  # fmt: skip
    table = {tuple(context): np.array(row) for context, row in odds.items()}
    script = Script(vocabulary=(END, "a", "aa"), table=table, order=2)
    pruning = RetroactivePruning(
        PosteriorPruning(0.5, ConstantThreshold(0.01)), lag=3, after=AfterPruning.RECOMPUTE
    )
    request = GenerationRequest(
        (1, 1),
        max_steps=7,
        selection=Selection(ConstantThreshold(0.0), 3, 5),
        superposition=path_superposition(),
        stopping=NO_END,
        retroactive=pruning,
    )
    lattice, _ = finished_lattice(script, request)
    descendants = [one for one in lattice.decisions if one.effect is Effect.DESCENDANT]
    roots = [one for one in lattice.decisions if one.effect is Effect.PRUNED]
    assert descendants
    assert max(one.decided_at for one in roots) > max(one.decided_at for one in descendants)
    for one in descendants:
        live = [member.token_id for member in lattice.steps[one.step].token_set.live]
        assert one.token_id not in live


@given(st.data())
def test_the_decision_log_replays_to_the_same_state(data):
    """Steps as they were appended and the log, applied by hand, give the lattice of the end."""
    script = data.draw(scripts())
    keeping = {"after": st.just(AfterPruning.KEEP)}
    request = data.draw(pruned_requests(script, pruning=keeping))
    generation = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).start(request)
    appended = [event.step for event in generation.events() if isinstance(event, StepAppended)]
    lattice = generation.outcome().lattice
    trellis = Trellis(request.superposition)
    for step in appended:
        trellis.follow(step, tuple(one.slot for one in step.token_set.live))
        due = [one for one in lattice.decisions if one.decided_at == step.step]
        apply_by_hand(trellis, due)
    same_lattice(Lattice(lattice.prompt_ids, tuple(trellis.steps)), lattice)
    for mine, told in zip(trellis.steps, lattice.steps, strict=True):
        assert [(o.state, o.attention, o.reason) for o in mine.candidates] == [
            (o.state, o.attention, o.reason) for o in told.candidates
        ]


def apply_by_hand(trellis, decisions):
    gone = {}
    for one in decisions:
        index = trellis.index_of(one.step)
        members = trellis.steps[index].token_set.members
        place = [member.token_id for member in members].index(one.token_id)
        if one.effect in {Effect.PRUNED, Effect.DESCENDANT}:
            fallen = {"state": CandidateState.PRUNED, "weight": 0.0, "attention": 1.0}
            gone.setdefault(index, {})[place] = replace(members[place], reason=one.reason, **fallen)
    if gone:
        trellis.remove(gone)
    for one in decisions:
        if one.effect in {Effect.WEAKENED, Effect.UNATTENDED}:
            index = trellis.index_of(one.step)
            step = trellis.steps[index]
            members = tuple(
                replace(member, attention=one.weight, reason=one.reason)
                if member.token_id == one.token_id
                else member
                for member in step.token_set.members
            )
            trellis.steps[index] = replace(step, token_set=TokenSet(step.step, members))
    for one in decisions:
        if one.effect is Effect.POSITION_REMOVED:
            trellis.splice(trellis.index_of(one.step))
