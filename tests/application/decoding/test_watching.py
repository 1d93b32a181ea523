from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.many import rows_needed
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.steering import SteeredRun
from tempo.application.decoding.watching import GIGABYTE, MemoryBound, NearBound, RunWatch
from tempo.domain.errors import CacheBoundError, InvalidValueError, MemoryBoundError
from tempo.domain.events import RunFinished, StepAppended
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.search.plan import TreeSearch
from tempo.domain.selection import Selection
from tempo.domain.stopping import FinishReason
from tempo.domain.superposition import path_superposition
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.strategies import requests, scripts

FOREVER = Script.random(5, tokens=6, order=1)
WIDE = Selection(ConstantThreshold(0.0), 3, 6)


def use_case(script=FOREVER, **watch):
    return Generate(ScriptedBackend(script), ScriptedTokenizer(script), watch=RunWatch(**watch))


def asked(**fields):
    prompt = (1,)
    return GenerationRequest(prompt, **({"selection": WIDE, "max_steps": 20} | fields))


def as_it_grows(*gigabytes):
    """Memory that is looked at again and again, and stays at the last figure."""
    figures = list(gigabytes)
    return lambda: int(GIGABYTE * (figures.pop(0) if len(figures) > 1 else figures[0]))


# Rows of the cache ------------------------------------------------------------------------------


@given(st.data())
def test_a_cache_never_holds_more_rows_than_it_may_and_what_is_decoded_is_the_same(data):
    script = data.draw(scripts())
    request = data.draw(requests(script))
    most = data.draw(st.integers(len(request.prompt_ids), len(request.prompt_ids) + 12))
    free = use_case(script).run(request)
    bound = use_case(script).run(replace(request, max_cache_tokens=most))
    assert bound.cost.peak_cache_rows <= most
    if free.cost.peak_cache_rows <= most:
        assert (bound.reason, bound.text) == (free.reason, free.text)
    else:
        assert bound.reason is FinishReason.MAX_CACHE_TOKENS
    for one, other in zip(bound.lattice.steps, free.lattice.steps, strict=False):
        assert [member.token_id for member in one.token_set.members] == [
            member.token_id for member in other.token_set.members
        ]


@given(st.integers(1, 40))
def test_a_search_holds_to_the_bound_too(most):
    search = TreeSearch(simulations=4, depth=3)
    request = asked(superposition=path_superposition(), search=search, max_steps=5)
    free = use_case().run(request)
    bound = use_case().run(replace(request, max_cache_tokens=most))
    assert bound.cost.peak_cache_rows <= most
    reached = FinishReason.MAX_CACHE_TOKENS
    assert bound.reason is (free.reason if free.cost.peak_cache_rows <= most else reached)


def test_a_run_at_the_bound_ends_as_runs_end_with_what_it_has():
    generation = use_case().start(asked(max_cache_tokens=8))
    events = list(generation.events())
    outcome = generation.outcome()
    assert isinstance(events[-1], RunFinished)
    assert events[-1].reason is outcome.reason is FinishReason.MAX_CACHE_TOKENS
    assert sum(isinstance(event, StepAppended) for event in events) == len(outcome.lattice.steps)
    assert len(outcome.lattice.steps) > 1
    assert outcome.text


def test_a_prompt_that_takes_more_rows_than_there_may_be_is_refused_at_once():
    with pytest.raises(InvalidValueError) as caught:
        GenerationRequest((1, 2, 3), max_cache_tokens=2)
    assert str(caught.value) == (
        "the prompt takes 3 cache rows, and max_cache_tokens is 2; raise it or shorten the prompt"
    )
    with pytest.raises(InvalidValueError, match="max_cache_tokens is 0; it must be 1 or more"):
        GenerationRequest((1,), max_cache_tokens=0)


def test_a_run_that_goes_on_from_a_chain_counts_its_rows_too():
    steps = use_case().run(asked(selection=replace(WIDE, max_width=1), max_steps=4)).lattice.steps
    with pytest.raises(InvalidValueError, match="1 cache rows and what is committed 3"):
        asked(committed=steps, max_cache_tokens=3)
    assert asked(committed=steps, max_cache_tokens=4).max_cache_tokens == 4


def test_a_hand_that_moves_a_run_is_told_of_the_bound_and_may_go_back():
    request = asked(max_cache_tokens=5)
    run = SteeredRun(ScriptedBackend(FOREVER), ScriptedTokenizer(FOREVER), request)
    first, second = run.step(), run.step()
    with pytest.raises(CacheBoundError) as caught:
        run.step()
    assert str(caught.value) == (
        "the cache holds 4 rows and the next pass takes 3 more; max_cache_tokens is 5: raise it, "
        "or lower max_width; what was decoded is kept"
    )
    assert run.steps == (first, second)
    run.back(1)
    again = run.step()
    assert [one.token_id for one in again.token_set.members] == [
        one.token_id for one in second.token_set.members
    ]


def test_runs_together_hold_no_more_room_than_their_bound():
    assert rows_needed(asked()) == 1 + 20 * 3
    assert rows_needed(asked(max_cache_tokens=9)) == 9


# Memory -----------------------------------------------------------------------------------------


def test_memory_that_is_used_up_ends_a_run_with_what_it_has():
    held = as_it_grows(0.1, 0.1, 0.2, 0.3, 0.4, 1.0)
    outcome = use_case(memory=MemoryBound(1.0, held)).run(asked())
    assert (outcome.reason, len(outcome.lattice.steps)) == (FinishReason.MAX_MEMORY, 4)
    assert outcome.text


def test_memory_under_the_bound_ends_nothing():
    warned = []
    memory = MemoryBound(1.0, as_it_grows(0.849))
    outcome = use_case(memory=memory, warn=warned.append).run(asked())
    assert (outcome.reason, warned) == (FinishReason.MAX_STEPS, [])


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        (
            as_it_grows(2.0),
            "the process holds 2 GB with the model alone",
        ),
        (
            as_it_grows(0.5, 1.5),
            "the process holds 1.5 GB with the model and the prompt",
        ),
    ],
)
def test_a_run_without_room_from_the_start_is_refused(held, sentence):
    with pytest.raises(MemoryBoundError) as caught:
        use_case(memory=MemoryBound(1.5, held)).start(asked())
    assert str(caught.value) == (
        f"{sentence}, and max_memory_gb is 1.5; raise it, or take a smaller model or a shorter "
        "prompt"
    )


@pytest.mark.parametrize("gigabytes", [0.0, -1.0, float("inf"), float("nan")])
def test_a_bound_that_is_none_is_refused(gigabytes):
    with pytest.raises(InvalidValueError, match=r"max_memory_gb is .*; it must be above 0"):
        MemoryBound(gigabytes, lambda: 0)


# Warnings ---------------------------------------------------------------------------------------


def test_a_run_near_a_bound_says_so_once():
    warned = []
    memory = MemoryBound(10.0, as_it_grows(1.0, 1.0, 8.4, 8.5, 8.6))
    use_case(memory=memory, warn=warned.append).run(asked())
    assert warned == [NearBound("max_memory_gb", 8.5, 10.0)]


def test_a_cache_that_is_nearly_full_is_told_once():
    warned = []
    outcome = use_case(warn=warned.append).run(asked(max_cache_tokens=14))
    assert outcome.reason is FinishReason.MAX_CACHE_TOKENS
    (near,) = warned
    assert near.name == "max_cache_tokens"
    assert 0.85 * 14 <= near.used <= near.bound == 14
