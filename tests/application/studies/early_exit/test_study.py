"""The study of early exit over scripts, by hand."""

import math

import pytest

from tempo.application.studies.early_exit.document import early_exit_document
from tempo.application.studies.early_exit.figures import HeldOutText, MeasuredText
from tempo.application.studies.early_exit.plan import EarlyExitPlan
from tempo.domain.early_exit import Criterion
from tempo.domain.errors import InvalidValueError, NonFiniteLogitsError
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tests.application.studies.early_exit.contexts import FULL, A, B, plan, report, study
from tests.application.studies.test_keeping import Shelf
from tests.fakes.backends import BreaksDown


def test_held_out_texts_tell_what_every_layer_says_along_the_greedy_text():
    first, *_ = study().findings(plan(), [(A,)] * 3)
    assert isinstance(first, HeldOutText)
    assert first.final == (A, B, A, B)  # the script's layers name the token that was fed
    assert [[one.token for one in row] for row in first.readings] == [[A, A], [B + 1, B + 1]] * 2
    assert [[one.layer for one in row] for row in first.readings] == [[1, 3]] * 4


def test_a_rule_on_the_full_models_own_passes_by_hand():
    """The text is b a b a: rows of a, b, a, b; those of `a` leave and say b at .6, not .8."""
    (one,) = report(plan(), study(), texts=3).measured
    told = one.forced["text, margin, 0.95"]
    assert (told.rows, told.agreeing, told.exits) == (4, 4, (2, 0, 0, 2))
    assert told.lost == pytest.approx(2 * math.log(0.8 / 0.6))
    assert told.seconds > 0 < told.full_seconds
    assert one.forced.keys() == {
        f"{work}, margin, 0.95" for work in ("text", "cheapest", "each", "set")
    }


def test_a_rule_that_promises_more_than_it_keeps_is_found_out():
    """Rows of `a` now say a: that half of all rows is wrong, and the rule's own text is a a a a."""
    found = report(plan(), study(after_a=0.3))
    assert found.policies[0].promised.agreement == 1.0
    told = found.estimates["text, margin, 0.95"]
    assert told["agreement"].value == 0.5
    assert (told["same"].value, told["common"].value) == (0, 0)
    own, other = 2 * math.log(0.8) + 2 * math.log(0.7), 4 * math.log(0.2)
    assert told["lost_free"].value == pytest.approx((own - other) / 4)


def test_a_text_that_stays_the_same_loses_nothing():
    told = report(plan(), study()).estimates["text, margin, 0.95"]
    assert (told["same"].value, told["common"].value, told["lost_free"].value) == (1, 4, 0)
    assert told["agreement"].value == 1


def test_rows_of_a_set_leave_by_themselves_or_by_their_slowest():
    """The sets after a: b, then a and b (.7, .3), then both again."""
    found = report(plan(), study())
    each, together = (
        next(one for one in found.policies if one.work.value == work) for work in ("each", "set")
    )
    assert found.width.value == pytest.approx((1 + 1 + 2 + 2) / 4)
    assert found.exits(each) == pytest.approx((3 / 6, 0, 0, 3 / 6))
    assert found.exits(together) == pytest.approx((1 / 6, 0, 0, 5 / 6))


def test_where_nobody_may_leave_nothing_is_measured():
    found = report(plan(criteria=(Criterion.ENTROPY,)), study(sure=()))
    assert not any(one.exits for one in found.policies)
    assert found.estimates == {}
    assert [one.forced for one in found.measured] == [{}, {}]


def test_higher_levels_are_measured_on_texts_alone():
    found = report(plan(levels=(0.99, 0.95)), study())
    assert [one.name for one in found.policies] == [
        "text, margin, 0.95",
        "cheapest, margin, 0.95",
        "each, margin, 0.95",
        "set, margin, 0.95",
        "text, margin, 0.99",
    ]


def test_a_study_goes_on_with_what_is_kept():
    shelf, asked = Shelf(), plan()
    whole = list(study().findings(asked, [(A,)] * 4, shelf))
    del shelf.held[3]
    again = list(study().findings(asked, [(A,)] * 4, shelf))
    assert again[:3] == whole[:3]
    assert isinstance(again[3], MeasuredText)
    assert again[3].forced.keys() == whole[3].forced.keys()


def test_the_document_holds_every_policy_and_no_infinity():
    found = report(plan(criteria=(Criterion.MARGIN, Criterion.AGREEMENT)), study())
    told = early_exit_document(found, {"command": "c"})
    assert (told["held_out"], told["measured"], told["asked_for"]) == (2, 2, 4)
    assert told["layer_agreement"] == [0.5, 0.5]
    assert told["weights"] == {"depth": 4, "layer": 100, "carried": 15, "head": 50}
    first = told["policies"][0]
    assert first["thresholds"] == {"1": 0.9, "3": None}
    assert first["exits"] == [0.5, 0.0, 0.0, 0.5]
    assert first["figures"]["agreement"] == [1.0, 1.0, 1.0, 2]
    assert [one["leaving"] for one in told["policies"][:4]] == ["each", "each", "each", "set"]


def test_layers_that_do_not_exist_are_refused_before_anything_runs():
    asked = EarlyExitPlan(layers=(5,), calibration=1)
    with pytest.raises(InvalidValueError, match="exit layer 5 does not exist"):
        study(full=BreaksDown(ScriptedBackend(FULL), 0)).findings(asked, [(A,)] * 2)


def test_a_model_that_breaks_down_is_told():
    broken = BreaksDown(ScriptedBackend(FULL), 2)
    with pytest.raises(NonFiniteLogitsError):
        list(study(full=broken).findings(plan(), [(A,)] * 3))
