"""Presets are settings that can be run, and each of them matters."""

import pytest

from tempo.application.settings.checking import checked, without_effect
from tempo.application.settings.presets import PRESETS
from tempo.application.settings.reading import read_settings
from tempo.application.settings.settings import DEFAULTS
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

NAMES = [one.name for one in PRESETS]
by_name = pytest.mark.parametrize("preset", PRESETS, ids=NAMES)


@by_name
def test_a_preset_is_accepted_and_none_of_its_settings_is_without_effect(preset):
    settings = read_settings(preset.settings)
    assert not preset.settings.keys() & without_effect(settings).keys()
    assert checked(preset.settings, lambda _: None).complaints == ()


@by_name
def test_a_preset_names_no_setting_in_vain(preset):
    same = {name for name, value in preset.settings.items() if value == DEFAULTS[name]}
    moved = {"final_threshold"} if preset.name == "narrowing" else set()
    same -= {"diversity_clusters"}  # said for who reads the preset
    assert same == moved


@by_name
def test_a_run_under_a_preset_works(preset):
    result = scripted_engine(FOREVER).generate(" a", max_steps=12, **preset.settings)
    assert result.lattice.decoded
    assert result.text


@by_name
def test_a_preset_is_accepted_within_narrow_bounds(preset):
    settings = read_settings(preset.within({"max_steps": 20, "max_width": 4}))
    assert settings.max_steps <= 20
    assert settings.max_width <= 4 or settings.default_mode


def test_each_preset_has_a_name_a_label_and_a_meaning_of_its_own():
    assert len(set(NAMES)) == len({one.label for one in PRESETS}) == len(PRESETS)
    assert PRESETS[0].settings == {}
    assert all(one.meaning.endswith(".") for one in PRESETS)
