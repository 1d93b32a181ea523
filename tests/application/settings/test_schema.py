"""Every setting is described for a form: in words, and with a slider that stays in its range."""

import pytest

from tempo.application.settings.ranges import range_of
from tempo.application.settings.schema import settings_schema
from tempo.application.settings.settings import SPECS

DESCRIBED = {one["name"]: one for one in settings_schema()}


@pytest.mark.parametrize("name", SPECS)
def test_a_setting_has_a_label_and_advice(name):
    one = DESCRIBED[name]
    assert 3 <= len(one["label"]) <= 30
    assert one["label"] != name
    assert one["advice"].endswith(".")
    assert one["advice"] != one["meaning"]


def test_labels_differ():
    assert len({one["label"] for one in DESCRIBED.values()}) == len(SPECS)


@pytest.mark.parametrize("name", [name for name in SPECS if SPECS[name].kind in {int, float}])
def test_a_numbers_slider_has_steps_between_two_ends_in_its_range(name):
    one, allowed = DESCRIBED[name], range_of(SPECS[name])
    if name == "seed":  # any whole number
        assert (one["step"], one["low"], one["high"]) == (None, None, None)
        return
    assert one["low"] + one["step"] <= one["high"]
    assert allowed.least is None or one["low"] >= allowed.least
    assert not allowed.open_below or one["low"] > allowed.least
    assert allowed.most is None or one["high"] <= allowed.most
    assert one["default"] is None or one["low"] <= one["default"] <= one["high"]
    assert SPECS[name].kind is float or float(one["step"]).is_integer()


@pytest.mark.parametrize("name", [name for name in SPECS if SPECS[name].kind not in {int, float}])
def test_what_is_no_number_has_no_slider(name):
    assert {DESCRIBED[name][key] for key in ("step", "low", "high")} == {None}


def test_a_bound_lowers_what_may_be_typed_and_what_is_offered():
    bounded = {one["name"]: one for one in settings_schema({"max_steps": 60, "max_width": 100})}
    assert (bounded["max_steps"]["most"], bounded["max_steps"]["high"]) == (60, 60)
    assert (bounded["max_width"]["most"], bounded["max_width"]["high"]) == (64, 64)
    assert DESCRIBED["max_steps"]["most"] is None
