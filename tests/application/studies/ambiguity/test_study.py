"""The ambiguity study's figures, by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.ambiguity.document import ambiguity_document
from tempo.application.studies.ambiguity.figures import AT_THE_ANSWER, Cell, Exact
from tempo.application.studies.ambiguity.measuring import CONTROLS, EMBEDDINGS, HEAVIER, SHUFFLED
from tempo.application.studies.ambiguity.plan import AmbiguityPlan, Injection
from tempo.application.studies.ambiguity.report import KL_DIFFERENCE
from tempo.domain.errors import InvalidValueError, NonFiniteLogitsError
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tests.application.studies.ambiguity.contexts import PAIRS, TWO_WAYS, pair, report, study
from tests.fakes.backends import BreaksDown

PLAIN = "superposition=lineage,sharpness=1,window=inf"
NAMES = {
    "superposition=lineage": "lineage",
    PLAIN: "lineage, sharpness 1, window inf",
    "superposition=path": "path",
    "superposition=marginal": "marginal",
    "superposition=uniform": "uniform",
}


def figures(found, injection, weight, method, depth):
    """Of the first context."""
    return found.contexts[0].figures[Cell(injection, weight, method, depth)]


def kl(p, q):
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


@pytest.mark.parametrize(
    ("rule", "x"),
    [
        pytest.param("superposition=lineage", 0.55, id="lineage"),
        pytest.param("superposition=path", 0.55, id="path"),
        # c sees a and b at .5: .7; so does d: .35
        pytest.param("superposition=marginal", 0.525, id="marginal"),
        pytest.param("superposition=uniform", 0.525, id="uniform"),
    ],
)
def test_continuations_that_stay_apart_by_hand(rule, x):
    found = figures(report(rule, depths=(2,)), "apart", 0.5, NAMES[rule], 2)
    assert found.kl == pytest.approx(kl(0.55, x), abs=1e-9)
    assert found.weight == pytest.approx((x - 0.2) / 0.7)
    assert found.weight_error == pytest.approx(abs((x - 0.2) / 0.7 - 0.5), abs=1e-9)
    assert (found.beside, found.exact_weight) == pytest.approx((0, 0.5), abs=1e-9)
    assert found.distance == pytest.approx(0.7)
    assert math.isnan(found.share)


@pytest.mark.parametrize(
    ("rule", "weight", "x"),
    [
        # c descends from a at .7 : .2, d from b at .4 : .2
        (PLAIN, 0.5, 0.5 * (0.7 * 0.9 + 0.2 * 0.5) / 0.9 + 0.5 * (0.2 * 0.5 + 0.4 * 0.2) / 0.6),
        ("superposition=path", 0.5, 0.55),
        # at .9 : .1 d descends from a, whose row then says .5
        ("superposition=path", 0.9, 0.9 * 0.9 + 0.1 * 0.5),
    ],
)
def test_ways_between_the_continuations_by_hand(rule, weight, x):
    found = figures(report(rule, depths=(2,)), "crossing", weight, NAMES[rule], 2)
    assert found.weight == pytest.approx((x - 0.2) / 0.7)


@pytest.mark.parametrize(
    ("rule", "weight"),
    [
        # s comes after a at .1 and after b at .4: that is Bayes' rule
        pytest.param(PLAIN, 0.2, id="plain lineage is exact"),
        pytest.param("superposition=lineage", 1 / 17, id="sharpness 2 squares the odds"),
        pytest.param("superposition=path", 0.0, id="path keeps one"),
        pytest.param("superposition=marginal", 0.5, id="marginal hears no evidence"),
        pytest.param("superposition=uniform", 0.5, id="uniform neither"),
    ],
)
def test_a_text_that_both_share_by_hand(rule, weight):
    found = figures(report(rule, depths=(2,)), "rejoined", 0.5, NAMES[rule], AT_THE_ANSWER)
    first = 0.8 * weight + 0.1 * (1 - weight)
    assert found.exact_weight == pytest.approx(0.2)
    assert found.weight == pytest.approx(weight, abs=1e-9)
    assert found.share == pytest.approx(first / 0.9)
    assert found.share_error == pytest.approx(abs(first - 0.24) / 0.9, abs=1e-9)
    assert (found.mass, found.exact_mass) == pytest.approx((0.9, 0.9))


def test_the_next_tokens_of_either_way_are_shared_out():
    found = figures(report(depths=(1,)), "apart", 0.5, "lineage", 1)
    assert (found.share, found.mass) == pytest.approx((0.45 / 0.75, 0.75))


def test_the_stated_mixture_is_another_than_that_of_the_evidence():
    found = figures(report(depths=(2,)), "rejoined", 0.5, "marginal", AT_THE_ANSWER)
    assert found.kl_stated == pytest.approx(0, abs=1e-9)
    assert found.kl > 0.05


def test_what_the_rules_are_held_beside():
    """The script's mixed inputs average over all ways through the mixtures."""
    found = report(depths=(2,))
    embeddings = figures(found, "apart", 0.9, EMBEDDINGS, 2)
    x = 0.81 * 0.9 + 0.01 * 0.2 + 0.18 * 0.5
    assert embeddings.weight == pytest.approx((x - 0.2) / 0.7)
    heavier = figures(found, "apart", 0.5, HEAVIER, 2)
    assert (heavier.weight, heavier.kl) == pytest.approx((1.0, kl(0.55, 0.9)))
    assert figures(found, "rejoined", 0.5, HEAVIER, AT_THE_ANSWER).weight == pytest.approx(0.0)
    assert figures(found, "rejoined", 0.5, SHUFFLED, AT_THE_ANSWER).kl == math.inf
    assert found.methods[-3:] == CONTROLS


def test_the_report_means_over_contexts_and_pairs_differences():
    found = report(depths=(1, 2), weights=(0.5,))
    assert found.depths(Injection.APART) == (1, 2)
    assert found.depths(Injection.REJOINED) == (1, 2, AT_THE_ANSWER)
    named = found.estimates[Cell("apart", 0.5, "marginal", 2)]
    each = [one.figures[Cell("apart", 0.5, "marginal", 2)].kl for one in found.contexts]
    assert (named["kl"].value, named["kl"].contexts) == (pytest.approx(np.mean(each)), 2)
    own = found.estimates[Cell("apart", 0.5, EMBEDDINGS, 2)][KL_DIFFERENCE]
    assert (own.value, own.low, own.high) == (0, 0, 0)


def test_the_document_repeats_and_holds_every_estimate():
    found = [
        ambiguity_document(report(depths=(2,), weights=(0.5,)), {"command": "c"}) for _ in range(2)
    ]
    assert found[0] == found[1]
    assert (found[0]["contexts"], found[0]["left_out"]) == (2, 0)
    assert len(found[0]["estimates"]) == (5 + 3) * (1 + 1 + 2)
    assert all(row["figures"]["kl"][3] in {0, 2} for row in found[0]["estimates"])
    places = [
        (row["injection"], row["weight"], row["method"], row["depth"])
        for row in found[0]["estimates"]
    ]
    assert len(set(places)) == len(places)
    assert {weight for _, weight, *_ in places} == {0.5}


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_weight_of_any_mixture_is_recovered(weight, stated):
    one, other = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.3, 0.6])
    exact = Exact(one, other, stated, stated, None)
    found = exact.figures(exact.at(weight))
    assert found.weight == pytest.approx(weight, abs=1e-9)
    assert found.beside == pytest.approx(0, abs=1e-7)
    assert 0 <= found.js <= math.log(2) + 1e-9


def test_runs_that_are_alike_have_no_weight_between_them():
    row = np.array([0.5, 0.5])
    assert math.isnan(Exact(row, row, 0.5, 0.5, None).figures(row).weight)


def test_a_context_alone_cannot_be_dealt_other_words():
    with pytest.raises(InvalidValueError, match="no other context has other words than 'P'"):
        report(pairs=(pair(), pair()))


def test_continuations_must_differ_at_every_token():
    with pytest.raises(InvalidValueError, match="must differ at every token"):
        pair(one=" a c", other=" b c")


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"weights": (1.0,)}, "weight is 1.0; it must be above 0 and below 1"),
        ({"depths": (0, 1)}, "depth is 0; it must be 1 or more"),
        ({"rules": ()}, "the study has no rules"),
    ],
)
def test_a_plan_that_cannot_be_measured_is_refused(plan, said):
    with pytest.raises(InvalidValueError, match=said):
        AmbiguityPlan(**plan)


def test_a_model_that_breaks_down_is_named():
    broken = study(BreaksDown(ScriptedBackend(TWO_WAYS), 2))
    with pytest.raises(NonFiniteLogitsError):
        list(broken.contexts(AmbiguityPlan(), PAIRS))
