from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.watching import RunWatch
from tempo.application.phase_profile import Memory, PhaseProfile, Share
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.strategies import requests, scripts


class Ticking:
    """A clock that goes on by so much each time it is looked at."""

    def __init__(self, tick=1.0):
        self.tick = tick
        self.now = 0.0

    def __call__(self):
        self.now += self.tick
        return self.now


def profiled(tick=1.0):
    clock = Ticking(tick)
    return PhaseProfile(lambda: Memory(0), clock), clock


@st.composite
def nestings(draw):
    """What happens: a phase begins, the newest ends, or time goes by."""
    return draw(
        st.lists(
            st.sampled_from(["load", "forward", "pruning"])
            | st.just(None)
            | st.integers(1, 9).map(float)
        )
    )


@given(nestings())
def test_every_moment_is_of_exactly_one_phase(acts):
    """The innermost one: what is held against it is a clock that only this test moves."""
    profile, clock = profiled(tick=0.0)
    expected, stacks = {"other": 0.0}, []
    for act in acts:
        if isinstance(act, float):
            clock.now += act
            inner = stacks[-1][0] if stacks else "other"
            expected[inner] += act
        elif act is not None:
            stack = ExitStack()
            stack.enter_context(profile.phase(act))
            stacks.append((act, stack))
            expected.setdefault(act, 0.0)
        elif stacks:
            stacks.pop()[1].close()
    assert {name: share.seconds for name, share in profile.shares.items()} == expected
    assert profile.seconds == clock.now


@given(st.data())
def test_the_phases_of_a_run_add_up_to_the_whole(data):
    script = data.draw(scripts())
    request = data.draw(requests(script))
    profile, _ = profiled()
    use_case = Generate(
        ScriptedBackend(script), ScriptedTokenizer(script), watch=RunWatch(observer=profile)
    )
    cost = use_case.run(request).cost
    shares = profile.shares
    assert sum(share.seconds for share in shares.values()) == profile.seconds
    assert shares["prefill"].calls == 1
    fed = shares["forward"].calls if "forward" in shares else 0
    assert fed >= cost.passes - 1  # and what leaves the cache beside passes
    assert set(shares) <= {"prefill", "forward", "extraction", "selection", "other"}


@given(st.data())
def test_who_looks_on_changes_no_result(data):
    script = data.draw(scripts())
    request = data.draw(requests(script))
    parts = ScriptedBackend(script), ScriptedTokenizer(script)
    watched = Generate(*parts, watch=RunWatch(observer=profiled()[0])).run(request)
    alone = Generate(*parts).run(request)
    assert (watched.text, watched.reason) == (alone.text, alone.reason)
    assert watched.cost.token_rows == alone.cost.token_rows


def test_a_phase_that_fails_ends():
    profile, _ = profiled()
    with pytest.raises(KeyError), profile.phase("load"):
        raise KeyError
    with profile.phase("load"):
        pass
    assert profile.shares["load"].calls == 2
    assert profile.shares["load"].seconds == 2.0


def test_a_phase_holds_the_most_that_was_seen_at_its_ends():
    profile, _ = profiled()
    seen = iter([Memory(5), Memory(9, 3), Memory(7, 8), Memory(1, 1), Memory(2)])
    profile.memory = seen.__next__
    for _ in range(2):
        with profile.phase("forward"):
            pass
    shares = profile.shares
    assert shares["forward"] == Share(2.0, 2, 9, 3)
    assert shares["other"].resident == 7
    assert shares["other"].device == 8


def test_phases_are_listed_in_the_order_of_reports():
    profile, _ = profiled()
    for name in ("formatting", "unknown", "load"):
        with profile.phase(name):
            pass
    assert list(profile.shares) == ["load", "formatting", "other", "unknown"]
