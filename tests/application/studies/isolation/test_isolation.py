"""Isolated against visible siblings, over a tiny model."""

import numpy as np
import pytest

from tempo.application.studies.curves.cells import Cell
from tempo.application.studies.isolation.forcing import Forcing, GivenSet
from tempo.application.studies.isolation.plan import IsolationPlan, rule_of_run, series
from tempo.application.studies.isolation.study import IsolationStudy
from tempo.domain.errors import InvalidValueError
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.infrastructure.container import container_around
from tests.contracts.adapters import drawn
from tests.fakes.numbered_tokenizer import NumberedTokenizer

PROMPT = (7, 3, 9)
SETS = (GivenSet((4, 8), (0.7, 0.3)), GivenSet((5, 2, 6), (0.5, 0.3, 0.2)))
DEPTHS = (1, 2, 3)


@pytest.fixture(scope="module")
def container():
    return container_around(drawn("llama-sdpa"), ())


@pytest.fixture(scope="module")
def found(container):
    plan = IsolationPlan(depths=DEPTHS, steps=12, threshold=0.0, width=3)
    study = IsolationStudy(plan, container.generate(), container.backend(), NumberedTokenizer())
    (one,) = study.contexts(("7 3 9 1",))
    return one.figures


@pytest.fixture
def forcing(container):
    with container.backend().open(PROMPT, RowRules()) as session:
        yield Forcing(container.backend(), NumberedTokenizer(), session, PROMPT)


def alone(container, tokens):
    """Return [vocab] what the model says behind the prompt and some tokens, by itself."""
    with container.backend().open((*PROMPT, *tokens), RowRules()) as session:
        (answer,) = container.backend().propose([(session, Reading(mixtures=((1.0,),)))])
    return answer.mixtures[0]


def test_the_readout_behind_a_given_set_is_the_mixture_of_separate_runs(container, forcing):
    said = forcing.run(rule_of_run("uniform", "isolated"), SETS)
    assert said.shape == (2, len(alone(container, ())))
    exact = 0.7 * alone(container, (4,)) + 0.3 * alone(container, (8,))
    assert np.allclose(said[0], exact, atol=1e-5)


def test_visible_siblings_change_the_readout_and_their_order_does_not(forcing):
    isolated, visible = (rule_of_run("lineage", word) for word in ("isolated", "visible"))
    plain = forcing.run(isolated, SETS)
    assert np.allclose(forcing.run(isolated, [one.reordered for one in SETS]), plain, atol=1e-6)
    assert np.abs(forcing.run(visible, SETS) - plain).max() > 1e-4


def test_the_control_agrees_and_visible_siblings_do_not(found):
    for superposition in ("uniform", "lineage"):
        for depth in DEPTHS:
            control = series(superposition, "reordered")
            assert found[Cell("kl", control, depth)] < 1e-8
            assert found[Cell("agreement", control, depth)] == 1.0
            assert found[Cell("top", control, depth)] == 1.0
            assert found[Cell("js", control, depth)] < 1e-8
        visible = [found[Cell("kl", series(superposition, "visible"), one)] for one in DEPTHS]
        assert min(visible) > 1e-6
        assert 0.0 <= found[Cell("text", superposition, 10)] <= 1.0
        assert np.isfinite(found[Cell("score", superposition, 12)])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"depths": (0, 2)}, "depth is 0; it must be 1 or more"),
        ({"width": 1}, "width - 1 is 0; it must be 1 or more"),
        ({"steps": 0}, "steps is 0; it must be 1 or more"),
    ],
)
def test_a_wrong_plan_is_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(InvalidValueError) as caught:
        IsolationPlan(**wrong)
    assert str(caught.value) == sentence
