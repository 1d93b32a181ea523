"""What events tell of the best path is the best path, at every moment of a run."""

import math
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.steering import SteeredRun
from tempo.application.serving.event_documents import Opening, Telling
from tempo.application.serving.step_documents import step_document
from tempo.application.serving.told_path import ToldPath
from tempo.domain.commitment import committed_chain
from tempo.domain.errors import ChoiceError
from tempo.domain.events import CandidatesPruned, RunStarted, StepAppended
from tempo.domain.hypothesis import PathEnd
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import RetroactivePruning
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.tokens import CandidateState, TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tempo.interfaces.http.event_schemas import events_schema
from tests.fakes.clustering import LeaderClustering
from tests.strategies import candidate, lattice_step, pruned_requests, requests, scripts

OPENING = Opening("run", {}, {}, None)
VALID = jsonschema.Draft202012Validator(events_schema())
WIDE = Selection(ConstantThreshold(0.0), 4, 4)


class Listener:
    """Folds what is told, as a page does."""

    def __init__(self):
        self.steps = {}
        self.path = {}

    def hear(self, documents):
        for one in documents:
            if {"pos", "items", "scores"} & one.keys():
                VALID.validate({"v": 1, "seq": 0, "t_ms": 0.0, **one})
            if one["type"] == "step.appended":
                self.steps[one["step"]] = one
            elif one["type"] == "candidates.pruned":
                first = min([*one["removed"], *(step["step"] for step in one["steps"])])
                self.steps = {n: step for n, step in self.steps.items() if n < first}
                self.steps |= {step["step"]: step for step in one["steps"]}
            for change in one.get("chain_changes", ()):
                before = self.path.pop(change["step"], None)
                if change["to"] is None:
                    assert before is not None
                else:
                    self.path[change["step"]] = change["to"]

    @property
    def tokens(self):
        """The path's tokens by step; it stands on members alone."""
        found = {}
        for number, place in sorted(self.path.items()):
            one = self.steps[number]["candidates"][place]
            assert CandidateState(one["state"]).is_member
            found[number] = one["id"]
        return found


def tokens_of(outcome):
    numbers = [step.step for step in outcome.lattice.steps]
    return dict(zip(numbers, outcome.best_path_ids, strict=False))


def started(data, kinds):
    script = data.draw(scripts())
    request = data.draw(data.draw(st.sampled_from(kinds))(script))
    tokenizer = ScriptedTokenizer(script)
    begin = (ScriptedBackend(script), tokenizer, LeaderClustering())
    return begin, request, Telling(OPENING, tokenizer)


def forked(data, begin, request):
    """The same request, going on from a chain of a run of it, where one goes on."""
    lattice = Generate(*begin).run(replace(request, retroactive=None)).lattice
    step = data.draw(st.sampled_from(lattice.steps))
    token = data.draw(st.sampled_from(step.candidates)).token_id
    try:
        chain = committed_chain(lattice, step.step, token)
        longer = replace(request, committed=chain, max_steps=request.max_steps + len(chain))
        generation = Generate(*begin).start(longer)
    except ChoiceError:
        return Generate(*begin).start(request)
    return generation


@given(st.data())
def test_what_is_told_of_the_best_path_is_the_answer_of_a_cancel(data):
    """At every moment at which a run can be cancelled: pruned, forked, finished, steps removed."""
    begin, request, telling = started(data, [requests, pruned_requests, pruned_requests])
    generation = Generate(*begin).start(request)
    if data.draw(st.booleans()):
        generation = forked(data, begin, request)
    listener = Listener()
    for event in generation.events():
        listener.hear(telling.of(event))
        if isinstance(event, (RunStarted, StepAppended)) and event.more:
            assert list(listener.tokens) == list(listener.steps)[: len(listener.path)]
            continue
        assert listener.tokens == tokens_of(generation.outcome())
    assert listener.tokens == tokens_of(generation.outcome())


def test_what_settles_with_a_step_decides_over_its_best_path():
    """` b` has ended with 0.4, more than each that goes on from ` a`; but ` a` is settled then."""
    script = Script.of(
        {
            "": {" a": 1.0},
            " a": {" b": 0.4, " c": 0.6},
            " b": {END: 1.0},
            " c": {" d": 0.35, " e": 0.35, " a": 0.3},
            " d": {" d": 1.0},
            " e": {" e": 1.0},
        }
    )
    tokenizer, listener = ScriptedTokenizer(script), Listener()
    request = GenerationRequest(
        (TokenId(1),), max_steps=2, stopping=Stopping(stop_on=StopOn.ALL), selection=WIDE
    )
    telling = Telling(OPENING, tokenizer)
    for event in Generate(ScriptedBackend(script), tokenizer).start(request).events():
        listener.hear(telling.of(event))
    assert [tokenizer.content(token) for token in listener.tokens.values()] == [b" c", b" d"]
    assert listener.steps[1]["candidates"][0]["state"] == "finished"


@given(st.data())
def test_before_a_step_has_pruned_the_path_is_the_best_of_what_was_told(data):
    begin, request, telling = started(data, [pruned_requests])
    generation = Generate(*begin).start(request)
    listener, steps, promised = Listener(), {}, ()
    for event in generation.events():
        listener.hear(telling.of(event))
        if isinstance(event, StepAppended):
            steps[event.step.step] = event.step
            if event.more:
                require_best(list(steps.values()), promised, list(listener.tokens.values()))
        elif isinstance(event, CandidatesPruned):
            first = min([*event.removed, *(step.step for step in event.steps)])
            steps = {number: step for number, step in steps.items() if number < first}
            steps |= {step.step: step for step in event.steps}
        outcome = generation.outcome()
        promised = outcome.best_path_ids[: outcome.settled]


def require_best(steps, promised, told):
    """Require of a path that no end has a larger share, of those that keep the promise."""
    shares, log_kept = {}, 0.0
    for index, step in enumerate(steps):
        log_kept += math.log(step.kept_mass)
        last = index == len(steps) - 1
        for place, member in enumerate(step.token_set.members):
            if last or member.state is CandidateState.FINISHED:
                path = tuple(chain_of(steps, index, place))
                if path[: len(promised)] == tuple(promised):
                    shares[path] = member.score - log_kept
    assert shares[tuple(told)] >= max(shares.values()) - 1e-9


def chain_of(steps, index, place):
    found = []
    for step in reversed(steps[: index + 1]):
        member = step.token_set.members[place]
        found.append(member.token_id)
        place = member.parent
    return reversed(found)


@given(st.data())
def test_events_of_a_steered_run_say_where_its_best_path_ends(data):
    (backend, tokenizer, clustering), request, _ = started(data, [pruned_requests])
    run = SteeredRun(backend, tokenizer, request, clustering)
    for _ in range(data.draw(st.integers(4, 12))):
        newest = run.steps[-1] if run.steps else None
        goes_on = newest is None or (
            newest.token_set.live_indices and newest.step + 1 < request.max_steps
        )
        if goes_on and data.draw(st.integers(0, 4)):
            run.step()
        elif newest is not None:
            run.choose(newest.step, data.draw(st.sampled_from(newest.candidates)).token_id)
        if run.told:
            end, outcome = run.told[-1].best, run.outcome()
            assert outcome.lattice.chain(end.step, end.member) == outcome.best


@given(st.data())
def test_transitions_and_weights_are_those_of_the_lattice(data):
    begin, request, telling = started(data, [requests, pruned_requests])
    generation = Generate(*begin).start(request)
    listener = Listener()
    for event in generation.events():
        listener.hear(telling.of(event))
    steps = generation.outcome().lattice.steps
    assert list(listener.steps) == [step.step for step in steps]
    for step in steps:
        told = listener.steps[step.step]
        table = [[-math.inf if one is None else one for one in row] for row in told["transitions"]]
        np.testing.assert_allclose(table, step.transitions, atol=1e-6)
        weights = {one["id"]: one["weight"] for one in told["candidates"]}
        assert weights == {
            one.token_id: pytest.approx(one.weight, abs=1e-6) if one.state.is_member else None
            for one in step.candidates
        }


def test_a_transition_without_probability_is_told_as_none():
    step = lattice_step(0, [candidate(0), candidate(1)], np.array([[-1.23456789, -math.inf]]))
    assert step_document(step)["transitions"] == [[-1.234568, None]]


@given(st.data())
def test_what_was_judged_is_told_of_candidates_that_were_told(data):
    """And what fell by a verdict of its own is among it, with the same figures."""
    begin, request, telling = started(data, [pruned_requests])
    listener, judged, before = Listener(), {}, set()
    for event in Generate(*begin).start(request).events():
        documents = telling.of(event)
        listener.hear(documents)
        for one in documents:
            if one["type"] == "candidates.judged":
                assert one["at_step"] == max(listener.steps)
                before |= judged.keys()
                judged = {(score["step"], score["token_id"]): score for score in one["scores"]}
                assert request.retroactive.comprehensive or not before & judged.keys()
                for step, token in judged:
                    assert token in [told["id"] for told in listener.steps[step]["candidates"]]
                    assert step <= one["at_step"] - request.retroactive.lag
            for item in one.get("items", ()):
                if item["effect"] == "pruned":
                    score = judged[item["step"], item["token_id"]]
                    assert score["weight"] == 0.0
                    assert score["rule"] == item["rule"]
                    assert score["score"] == pytest.approx(item["score"], abs=1e-6)
                    assert score["threshold"] == pytest.approx(item["threshold"], abs=1e-6)


def test_where_nothing_is_judged_nothing_is_told_again():
    """At the last step all has finished, so that no later step says anything of earlier ones."""
    script = Script.of(
        {
            "": {" p": 1.0},
            " p": {" a": 0.5, " b": 0.5},
            " a": {" c": 1.0},
            " b": {" d": 1.0},
            " c": {END: 1.0},
            " d": {END: 1.0},
        }
    )
    pruning = RetroactivePruning(PosteriorPruning(1.0, ConstantThreshold(0.0)), lag=1)
    prompt = (TokenId(script.vocabulary.index(" p")),)
    request = GenerationRequest(prompt, max_steps=9, selection=WIDE, retroactive=pruning)
    generation = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).start(request)
    appended = [event for event in generation.events() if isinstance(event, StepAppended)]
    assert [{one.step for one in event.judged} for event in appended] == [set(), {0}, set()]


def test_of_many_judged_candidates_the_newest_are_told():
    script = Script.random(5, tokens=6, order=1)
    pruning = RetroactivePruning(
        PosteriorPruning(1.0, ConstantThreshold(0.0)), comprehensive=True, lag=1
    )
    request = GenerationRequest((TokenId(1),), max_steps=90, selection=WIDE, retroactive=pruning)
    request = replace(request, stopping=Stopping(stop_on=StopOn.ALL, min_steps=90))
    generation = Generate(ScriptedBackend(script), ScriptedTokenizer(script)).start(request)
    judged = [event.judged for event in generation.events() if isinstance(event, StepAppended)]
    assert max(map(len, judged)) == 256
    assert judged[-1][-1].step == 88


def wide(number, parents):
    """A step of as many members as there are parents."""
    members = [candidate(index, parent=parent) for index, parent in enumerate(parents)]
    return lattice_step(number, members, np.zeros((1, len(members))))


class Counted(list):
    """Counts how often its items are read one by one."""

    reads = 0

    def __getitem__(self, key):
        self.reads += isinstance(key, int)
        return super().__getitem__(key)


def test_a_path_that_goes_on_is_not_walked_back_to_its_beginning():
    path, steps = ToldPath(), 200
    path._told = Counted()
    for number in range(steps):
        changes = path.follow([wide(number, [0, 0])], PathEnd(number, 0))
        assert changes == [{"step": number, "to": 0}]
    assert path._told.reads < 16 * steps  # of which some look the step's number up
    changes = path.follow([wide(steps, [1])], PathEnd(steps, 0))
    assert changes == [{"step": steps - 1, "to": 1}, {"step": steps, "to": 0}]


def test_a_path_that_ended_earlier_leaves_the_steps_behind_its_end():
    path = ToldPath()
    for number in range(3):
        path.follow([wide(number, [0, 0])], PathEnd(number, 0))
    assert path.follow([wide(3, [0])], PathEnd(1, 1)) == [
        {"step": 1, "to": 1},
        {"step": 2, "to": None},
    ]
    assert path.follow([wide(4, [0])], PathEnd(1, 1)) == []


def test_a_step_that_is_gone_is_left_and_another_token_in_its_place_is_told():
    path = ToldPath()
    for number in range(4):
        path.follow([wide(number, [0, 0])], PathEnd(number, 0))
    other = lattice_step(2, [candidate(7, parent=0, rank=0)], np.zeros((2, 1)))
    assert path.follow([other], PathEnd(2, 0), removed=[1]) == [
        {"step": 1, "to": None},
        {"step": 2, "to": 0},
        {"step": 3, "to": None},
    ]
