import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.self_check import SelfCheck, SelfCheckReport
from tempo.domain.errors import NonFiniteLogitsError, PromptError, SelfCheckError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.fakes.backends import (
    BreaksDown,
    ForgetsHistory,
    MovesPositions,
    SeesEverySlot,
    SiblingsSeeEachOther,
)
from tests.strategies import prompts, scripts

SCRIPT = Script.random(seed=5, tokens=4, order=3)
PROMPT = (TokenId(1), TokenId(2), TokenId(3))


@given(scripts(), st.data())
def test_every_script_passes(script, data):
    report = SelfCheck(ScriptedBackend(script)).require(data.draw(prompts(script)))
    assert report.passed
    assert report.isolation <= 1e-9
    assert report.path <= 1e-9


def test_a_check_has_power_where_siblings_would_matter():
    report = SelfCheck(ScriptedBackend(SCRIPT)).require(PROMPT)
    assert report.has_power
    assert report.sibling_effect > 0.1
    assert report.tolerance == 1e-6


def test_a_model_without_memory_gives_the_check_no_power():
    memoryless = Script.random(seed=5, tokens=4, order=0)
    assert not SelfCheck(ScriptedBackend(memoryless)).require(PROMPT).has_power


@pytest.mark.parametrize(
    "broken",
    [
        SiblingsSeeEachOther(ScriptedBackend(SCRIPT)),
        SeesEverySlot(ScriptedBackend(SCRIPT)),
        ForgetsHistory(ScriptedBackend(SCRIPT)),
        MovesPositions(ScriptedBackend(SCRIPT), moved=lambda position: min(position, 3)),
        MovesPositions(ScriptedBackend(SCRIPT), moved=lambda position: 10 - position),
    ],
    ids=["siblings visible", "all visible", "history lost", "positions merged", "turned round"],
)
def test_a_model_that_breaks_isolation_is_refused(broken):
    report = SelfCheck(broken).run(PROMPT)
    assert not report.passed
    with pytest.raises(SelfCheckError, match="scripted fails the isolation check"):
        SelfCheck(broken).require(PROMPT)


def test_a_plain_shift_of_positions_means_nothing_to_a_script():
    """A script knows the order of positions only; models with RoPE are checked elsewhere."""
    shifted = MovesPositions(ScriptedBackend(SCRIPT), moved=lambda position: position + 7)
    assert SelfCheck(shifted).require(PROMPT).passed


def report(isolation, path):
    return SelfCheckReport(isolation, path, sibling_effect=1.0, tolerance=0.5)


@pytest.mark.parametrize(
    ("isolation", "path", "passed"),
    [
        (0.5, 0.5, True),
        (0.6, 0.0, False),
        (0.0, 0.6, False),
        (math.inf, 0.0, False),
        (math.nan, 0.0, False),
        (0.0, math.nan, False),
    ],
)
def test_both_differences_count_and_nan_never_passes(isolation, path, passed):
    assert report(isolation, path).passed is passed


def test_an_empty_prompt_is_refused():
    with pytest.raises(PromptError):
        SelfCheck(ScriptedBackend(SCRIPT)).run(())


@pytest.mark.parametrize("healthy", [0, 1, 4])
def test_a_model_that_gives_nan_is_refused_by_name(healthy):
    broken = BreaksDown(ScriptedBackend(SCRIPT), healthy=healthy)
    with pytest.raises((SelfCheckError, NonFiniteLogitsError)):
        SelfCheck(broken).require(PROMPT)


def test_a_model_that_is_sure_of_one_token_can_be_checked():
    certain = Script.of({"": {"a": 1.0}})
    assert SelfCheck(ScriptedBackend(certain)).require((TokenId(1),)).passed
