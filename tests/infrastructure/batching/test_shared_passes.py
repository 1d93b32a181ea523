"""Runs in several threads share passes and change nothing of each other (law 8)."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from tempo.application.decoding.asking import Feed, Read
from tempo.application.decoding.generate import Generate
from tempo.application.decoding.many import GenerateMany, rows_needed
from tempo.application.decoding.request import GenerationRequest
from tempo.domain.errors import InvalidValueError, NonFiniteLogitsError, SessionError
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.infrastructure.batching.runs import Caller
from tempo.infrastructure.batching.shared_passes import SPLIT_FROM, SharedPasses
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.contracts.adapters import served
from tests.integration.test_laws_on_models import NumberedTokenizer

PROMPTS = [(3, 5, 8), (9, 4), tuple(range(1, 40)), (7,), (2, 2, 2, 2)]


def requests(prompts=PROMPTS, steps=12):
    return [
        GenerationRequest(
            prompt,
            max_steps=steps + index,
            selection=Selection(ConstantThreshold(0.02), 1 + index % 4, 8),
            barred=(0,),
        )
        for index, prompt in enumerate(prompts)
    ]


class Watching:
    """Counts the parts of each pass, and may fail."""

    def __init__(self, backend):
        self.backend, self.passes, self.threads = backend, [], set()
        self.readings = []
        self.description = backend.description

    def open(self, prompt, rules):
        self.threads.add(threading.current_thread().name)
        return self.backend.open(prompt, rules)

    def extend(self, batch):
        self.threads.add(threading.current_thread().name)
        self.passes.append(len(batch))
        self.backend.extend(batch)

    def propose(self, batch):
        self.threads.add(threading.current_thread().name)
        self.readings.append(len(batch))
        return self.backend.propose(batch)


@pytest.fixture
def watching():
    return Watching(served(random_model("llama", 60), "llama-fused"))


def many(backend):
    shared = SharedPasses(backend)
    return GenerateMany(shared, shared, NumberedTokenizer())


@pytest.mark.parametrize("name", ["llama-fused", "llama-sdpa"])
def test_each_outcome_is_that_of_the_prompt_by_itself(name):
    backend = served(random_model("llama", 60), name)
    together = many(backend).run(requests())
    for outcome, request in zip(together, requests(), strict=True):
        alone = Generate(backend, NumberedTokenizer()).run(request)
        assert outcome.best_path_ids == alone.best_path_ids
        for mine, other in zip(outcome.lattice.steps, alone.lattice.steps, strict=True):
            shares = [(one.token_id, one.probability) for one in mine.token_set.members]
            expected = [(one.token_id, one.probability) for one in other.token_set.members]
            assert [token for token, _ in shares] == [token for token, _ in expected]
            assert [p for _, p in shares] == pytest.approx([p for _, p in expected], abs=1e-4)


def test_passes_are_shared_until_runs_end_and_one_thread_does_the_work(watching):
    many(watching).run(requests(steps=12))
    assert watching.passes.count(5) >= 10
    assert sum(watching.passes) == sum(12 + index - 1 for index in range(5))
    assert watching.threads == {threading.current_thread().name}


def test_readings_of_a_shared_pass_are_asked_for_together(watching):
    many(watching).run(requests(steps=12))
    assert watching.readings.count(5) >= 10
    assert sum(watching.readings) == sum(12 + index for index in range(5))


@pytest.mark.parametrize(
    ("device", "usual", "never"),
    [("cpu", SPLIT_FROM, SPLIT_FROM // 2), ("cuda:0", SPLIT_FROM // 2, SPLIT_FROM)],
)
def test_many_runs_are_two_groups_on_a_gpu(watching, device, usual, never):
    prompts = [tuple(range(1, 3 + number)) for number in range(SPLIT_FROM)]
    alone = many(watching).run(requests(prompts))
    watching.description = replace(watching.description, device=device)
    watching.passes.clear()
    together = many(watching).run(requests(prompts))
    assert [one.best_path_ids for one in together] == [one.best_path_ids for one in alone]
    assert watching.passes.count(usual) >= 8
    assert watching.passes.count(never) <= 1  # as runs join or end


def test_a_run_of_another_caller_joins_between_two_passes(watching):
    shared = SharedPasses(watching)
    generate = Generate(shared, NumberedTokenizer())
    first, second = requests(PROMPTS[:2], steps=30)
    real, third = watching.backend.extend, threading.Event()

    def extend(batch):
        if len(watching.passes) == 3:
            third.set()
            while shared._jobs.empty():
                time.sleep(0.001)
        real(batch)

    def join():
        third.wait(10)
        (done,) = shared.together(iter([generate.asking(second)]))
        return done.result()

    watching.backend.extend = extend
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(join)
        (done,) = shared.together(iter([generate.asking(first)]))
        outcomes = [done.result(), other.result()]
    assert watching.passes == [1] * 3 + [2] * 26 + [1] * 4
    assert len(watching.threads) == 2  # it went on with its own when the other had ended
    for outcome, request in zip(outcomes, (first, second), strict=True):
        alone = Generate(watching, NumberedTokenizer()).run(request)
        assert outcome.best_path_ids == alone.best_path_ids


def test_a_run_that_leaves_makes_room_for_the_next_pass_but_one(watching):
    short, long, last = (
        replace(one, max_steps=steps)
        for one, steps in zip(requests(PROMPTS[:3]), (5, 30, 12), strict=True)
    )
    room = rows_needed(long) + max(rows_needed(short), rows_needed(last))
    many(watching).run([short, long, last], max_cache_rows=room)
    assert watching.passes == [2] * 4 + [1] + [2] * 11 + [1] * 13


def test_work_of_a_thread_is_done_by_the_one_that_serves(watching):
    shared = SharedPasses(watching)
    generate = Generate(shared, NumberedTokenizer())
    first = requests()[0]
    end = Future()
    with ThreadPoolExecutor(2) as pool, shared.serving() as until_done:
        alone = pool.submit(generate.run, first)
        alone.add_done_callback(end.set_result)
        until_done(end)
    assert watching.threads == {"MainThread"}
    assert (
        alone.result().best_path_ids
        == Generate(watching, NumberedTokenizer()).run(first).best_path_ids
    )


def test_a_run_that_is_handed_to_the_one_that_serves_is_done_there(watching):
    shared = SharedPasses(watching)
    generate = Generate(shared, NumberedTokenizer())
    end = Future()

    def hand_over(request):
        (done,) = shared.together(iter([generate.asking(request)]))
        return done.result()

    with ThreadPoolExecutor(5) as pool, shared.serving() as until_done:
        runs = [pool.submit(hand_over, request) for request in requests()]
        pool.submit(lambda: end.set_result([run.result() for run in runs]))
        until_done(end)
    assert watching.threads == {"MainThread"}
    for request, outcome in zip(requests(), end.result(), strict=True):
        alone = Generate(watching, NumberedTokenizer()).run(request)
        assert outcome.best_path_ids == alone.best_path_ids


def test_outside_of_runs_together_everything_is_done_at_once(watching):
    shared = SharedPasses(watching)
    outcome = Generate(shared, NumberedTokenizer()).run(requests()[0])
    assert len(outcome.lattice.steps) == 12
    assert watching.threads == {"MainThread"}


def test_a_run_that_fails_does_not_take_the_others_with_it():
    backend = served(random_model("llama", 60), "llama-fused")
    broken = backend.open((3, 5), RowRules())
    broken.close()
    shared = SharedPasses(backend)
    generate = Generate(shared, NumberedTokenizer())

    def bad(ask):
        yield ask

    wrong = [bad(Feed(broken, [])), bad(Read(broken, Reading()))]
    *failed, fine = shared.together(iter([*wrong, generate.asking(requests()[0])]))
    assert len(fine.result().lattice.steps) == 12
    assert all(isinstance(one.exception(), SessionError) for one in failed)


def test_the_error_of_one_prompt_comes_when_the_others_are_done():
    model = random_model("llama", 60)
    backend = served(model, "llama-sdpa")
    real, opened = backend.open, []

    def failing(prompt, rules):
        opened.append(prompt)
        if prompt == PROMPTS[1]:
            raise NonFiniteLogitsError(0)
        return real(prompt, rules)

    backend.open = failing
    with pytest.raises(NonFiniteLogitsError):
        many(backend).run(requests())
    assert sorted(opened) == sorted(PROMPTS)


def test_an_interrupt_ends_all_runs_and_reaches_the_caller(watching):
    real, passes = watching.backend.extend, []

    def interrupted(batch):
        passes.append(batch)
        if len(passes) == 5:
            raise KeyboardInterrupt
        real(batch)

    watching.backend.extend = interrupted
    with pytest.raises(KeyboardInterrupt):
        many(watching).run(requests())
    watching.backend.extend = real
    assert len(many(watching).run(requests()[:2])) == 2


def test_a_run_that_is_interrupted_where_it_begins_has_that_as_its_end():
    def interrupted():
        raise KeyboardInterrupt
        yield

    caller = Caller(iter([interrupted()]))
    with pytest.raises(KeyboardInterrupt):
        caller.let_in()
    (done,) = caller.futures
    assert isinstance(done.exception(), KeyboardInterrupt)


def test_a_caller_that_gives_up_lets_go_of_what_its_runs_hold():
    """One run takes its end, one goes on in spite of it, one never began."""
    ended = []

    def run(name, *, goes_on):
        try:
            try:
                yield Read(None, name)
            except KeyboardInterrupt:
                if not goes_on:
                    raise
            yield Read(None, name)
        finally:
            ended.append(name)

    def joining():
        yield run("first", goes_on=False)
        yield run("second", goes_on=True)
        yield None
        yield run("third", goes_on=False)

    caller = Caller(joining())
    assert len(caller.let_in()) == 2
    caller.end(KeyboardInterrupt())
    assert ended == ["first", "second"]
    assert caller.is_over
    assert caller.let_in() == []
    assert all(isinstance(one.exception(), KeyboardInterrupt) for one in caller.futures)


def test_two_callers_at_once_share_the_work(watching):
    sharing = many(watching)
    with ThreadPoolExecutor(2) as pool:
        halves = [pool.submit(sharing.run, requests()[half::2]) for half in (0, 1)]
        outcomes = [half.result() for half in halves]
    alone = [Generate(watching, NumberedTokenizer()).run(request) for request in requests()]
    for half in (0, 1):
        assert [one.best_path_ids for one in outcomes[half]] == [
            one.best_path_ids for one in alone[half::2]
        ]


def test_runs_are_let_in_as_their_rows_fit(watching):
    asked = requests()
    largest = max(map(rows_needed, asked))
    outcomes = many(watching).run(asked, max_cache_rows=largest)
    assert len(outcomes) == 5
    assert max(watching.passes) < 5


def test_a_run_that_can_never_fit_is_refused_before_any_has_begun(watching):
    with pytest.raises(InvalidValueError, match=r"prompt 2 may need \d+ cache rows .* is 60"):
        many(watching).run(requests(), max_cache_rows=60)
    assert not watching.threads


def test_no_prompts_give_no_outcomes(watching):
    assert many(watching).run([]) == []
