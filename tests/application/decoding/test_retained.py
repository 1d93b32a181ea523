"""What a run leaves for others to go on from: which rows, and that it changes nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.retained import Forking
from tempo.domain.errors import SessionError
from tempo.domain.layout import PositionScheme
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition
from tempo.domain.visibility import Visibility
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import CountingBackend
from tests.fakes.clustering import LeaderClustering
from tests.forks import NO_END, agree, both_ways, finished, forked_at
from tests.strategies import pruned_requests, requests, scripts

SCRIPT = Script.random(seed=3, tokens=6, order=2)
TOKENIZER = ScriptedTokenizer(SCRIPT)
TWO_WIDE = Selection(ConstantThreshold(0.0), max_width=2)
PATH = path_superposition()


def asked(**fields):
    given = {"max_steps": 6, "selection": TWO_WIDE, "superposition": PATH, "stopping": NO_END}
    barred = tuple(sorted(TOKENIZER.end_tokens))
    return GenerationRequest((1, 2, 3), barred=barred, **(given | fields))


def left(backend=None, **fields):
    """A finished run, and what it left."""
    request = asked(**fields)
    run = finished(backend or ScriptedBackend(SCRIPT), TOKENIZER, request)
    return request, run.outcome(), run.left


def alternative(outcome, number, *, taken=False):
    """A token of a step behind the best path: the path's own, or one that was not kept."""
    step = outcome.lattice.steps[number]
    best = step.token_set.members[outcome.best[number]]
    if taken:
        return best.token_id
    before = outcome.lattice.steps[number - 1].token_set.members if number else ()
    assert not before or max(before, key=lambda one: one.score) is before[outcome.best[number - 1]]
    return step.others[-1].token_id


@st.composite
def decoded(draw):
    """A script without end token, a request that may prune, and a run of it."""
    script = draw(scripts(end_weights=(0.0,)))
    kind = requests if draw(st.booleans()) else pruned_requests
    request = replace(draw(kind(script, stopping=NO_END)), max_steps=draw(st.integers(1, 6)))
    backend, tokenizer = ScriptedBackend(script), ScriptedTokenizer(script)
    return backend, tokenizer, request, finished(backend, tokenizer, request, None, CLUSTERING)


CLUSTERING = LeaderClustering()


def drawn_fork(data, lattice, request):
    step = data.draw(st.sampled_from(lattice.steps))
    token = data.draw(st.sampled_from(step.candidates)).token_id
    return forked_at(lattice, request, step.step, token, data.draw(st.integers(1, 3)))


@given(decoded(), st.data())
def test_a_fork_from_what_was_left_is_the_run_whose_prompt_is_read_anew(case, data):
    backend, tokenizer, request, run = case
    fork = drawn_fork(data, run.outcome().lattice, request)
    forked, plain = both_ways(backend, tokenizer, run.left, fork, CLUSTERING)
    same = agree(forked.outcome().lattice, plain.lattice)
    assert same < len(plain.lattice) or forked.outcome().text == plain.text
    again = drawn_fork(data, forked.outcome().lattice, fork)
    deeper, plain = both_ways(backend, tokenizer, forked.left, again, CLUSTERING)
    agree(deeper.outcome().lattice, plain.lattice)


@given(decoded(), st.data())
def test_what_is_left_between_two_steps_is_gone_on_from_while_the_run_goes_on(case, data):
    backend, tokenizer, request, whole = case
    run = Generate(backend, tokenizer, CLUSTERING).start(request, Forking())
    events = run.events()
    for _ in range(data.draw(st.integers(2, 8))):
        next(events, None)
    state, lattice = run.retained(), run.outcome().lattice
    if state is not None and lattice.steps:
        fork = drawn_fork(data, lattice, request)
        forked, plain = both_ways(backend, tokenizer, state, fork, CLUSTERING)
        agree(forked.outcome().lattice, plain.lattice)
        state.close()
    for _ in events:
        pass
    assert agree(run.outcome().lattice, whole.outcome().lattice) == len(whole.outcome().lattice)


def test_on_a_path_only_two_tokens_are_fed_before_the_first_new_step():
    """The one before the token, whose row scores it, and the token itself; no prompt."""
    backend = CountingBackend(ScriptedBackend(SCRIPT))
    request, outcome, state = left(backend)
    # A token that was fed has its score already, so that it alone is fed again.
    for number, taken, fed in ((5, True, 2), (4, False, 2), (3, True, 1), (2, False, 2)):
        token = alternative(outcome, number, taken=taken)
        fork = forked_at(outcome.lattice, request, number, token, more=1)
        backend.opened = backend.nodes = 0
        finished(backend, TOKENIZER, fork, state.begin(fork))
        assert (backend.opened, backend.nodes) == (0, fed)


def test_the_cost_of_a_fork_counts_what_it_fed_and_no_prompt():
    request, outcome, state = left()
    fork = forked_at(outcome.lattice, request, 4, alternative(outcome, 4), more=1)
    forked, plain = both_ways(ScriptedBackend(SCRIPT), TOKENIZER, state, fork)
    assert forked.outcome().cost.token_rows == 2
    assert "prefill" not in forked.outcome().cost.milliseconds
    assert plain.cost.token_rows == 3 + 4 + 1


@pytest.mark.parametrize(
    ("fields", "deep"),
    [
        ({}, True),
        ({"superposition": Lineage()}, False),
        ({"superposition": Marginal()}, False),
        ({"superposition": Uniform()}, False),
        ({"superposition": Uniform(), "selection": Selection(max_width=1)}, True),
        ({"superposition": Lineage(), "selection": Selection(max_width=1)}, True),
        ({"visibility": Visibility.VISIBLE}, False),
        ({"positions": PositionScheme.CONSECUTIVE}, False),
        ({"rules": RowRules(repetition_penalty=1.2)}, False),
    ],
)
def test_rows_are_left_whose_tokens_saw_one_path_alone(fields, deep):
    request, outcome, state = left(**fields)
    fork = forked_at(outcome.lattice, request, 4, alternative(outcome, 4, taken=True))
    assert (state.reach(fork) == len(fork.committed)) is deep
    assert state.reach(fork) is not None


def test_rows_before_the_first_set_are_left_under_soft_weights_too():
    """The members of the first set saw one path; those behind them saw both."""
    request, outcome, state = left(superposition=Lineage())
    fork = forked_at(outcome.lattice, request, 4, alternative(outcome, 4, taken=True))
    assert state.reach(fork) == 1
    assert state.cache_rows == 3 + 1  # its sibling was let go of, since nothing descends from it


def test_a_state_is_of_its_prompt_and_its_rules():
    request, outcome, state = left()
    fork = forked_at(outcome.lattice, request, 0, alternative(outcome, 0))
    assert state.reach(replace(fork, prompt_ids=(1, 2))) is None
    assert state.reach(replace(fork, rules=RowRules(temperature=0.5))) is None
    assert state.reach(replace(fork, positions=PositionScheme.CONSECUTIVE)) is None


def test_a_run_leaves_nothing_unless_it_was_made_for_it():
    request = asked()
    run = Generate(ScriptedBackend(SCRIPT), TOKENIZER).start(request)
    assert run.retained() is None
    for _ in run.events():
        pass
    assert run.left is None


def test_after_its_end_a_run_leaves_one_state_and_no_more():
    request, _, state = left()
    run = finished(ScriptedBackend(SCRIPT), TOKENIZER, request)
    assert run.retained() is None
    kept = run.left
    run.close()
    assert run.left is kept
    state.close()
    with pytest.raises(SessionError, match="closed"):
        state.begin(request)
