"""The settings' page says what the settings are."""

from pathlib import Path

import pytest

from tempo.application.settings.settings import DEFAULTS, SPECS
from tempo.application.settings.words import ALIASES, PAIRS, SWITCHES, WISHES

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def rows():
    """The page's table: each setting's cells by its name."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def shown(default):
    """A default as the page writes it."""
    if default is None or default == ():
        return "off"
    if isinstance(default, bool):
        return "on" if default else "off"
    return f"`{default}`"


def test_the_page_lists_every_setting_in_order_and_no_other():
    assert list(rows()) == list(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_the_page_tells_a_settings_default_values_and_meaning(name):
    spec = SPECS[name]
    values = ", ".join(f"`{choice}`" for choice in spec.choices) if spec.choices else spec.allowed
    default, allowed, _, meaning = rows()[name]
    assert (default, allowed, meaning) == (shown(DEFAULTS[name]), values, spec.meaning)


@pytest.mark.parametrize("name", SPECS)
def test_the_page_tells_a_settings_other_names(name):
    others = [alias for alias, meant in ALIASES.items() if meant == name]
    others += [pair for pair, both in PAIRS.items() if name in both]
    others += [switch for switch, (meant, _, _) in SWITCHES.items() if meant == name]
    others += [switch for switch, (wish, _) in WISHES.items() if wish.name == name]
    assert rows()[name][2] == ", ".join(f"`{other}`" for other in others)
