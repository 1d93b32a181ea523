"""Journals of studies: what is kept is read again, under the same settings alone."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import OutputError
from tempo.infrastructure.storage.plain_values import PlainValues
from tempo.infrastructure.storage.study_journal import NAME, study_journal


@dataclass(frozen=True, slots=True)
class Spot:
    name: str
    depth: int


@dataclass(frozen=True, slots=True)
class Finding:
    spots: dict
    prompt: str


@dataclass(frozen=True, slots=True)
class Stranger:
    name: str


KINDS = (Spot, Finding)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SPOTS = st.builds(Spot, TEXTS, st.integers(-9, 9))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | SPOTS,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(SPOTS | st.integers() | TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)
FINDINGS = st.builds(Finding, st.dictionaries(SPOTS, VALUES, max_size=3), TEXTS)


@given(FINDINGS)
def test_a_value_is_the_same_after_json(finding):
    values = PlainValues(*KINDS)
    assert values.value(json.loads(json.dumps(values.plain(finding)))) == finding


@pytest.mark.parametrize("value", [Stranger("a"), object(), {1: Stranger("b")}, ({2, 3},)])
def test_a_value_of_no_known_kind_is_refused_when_it_is_written(value):
    with pytest.raises(TypeError, match="is none of the kinds Spot, Finding"):
        PlainValues(*KINDS).plain(value)


@given(st.lists(FINDINGS, max_size=3))
def test_what_was_found_is_read_again(tmp_path_factory, findings):
    folder = tmp_path_factory.mktemp("kept") / "deeper"
    kept = study_journal(folder, {"seed": 3}, KINDS)
    for number, finding in enumerate(findings):
        kept.add(number, finding)
    again = study_journal(folder, {"seed": 3}, KINDS)
    assert again.held == kept.held == dict(enumerate(findings))


def test_a_line_that_was_broken_off_is_dropped_and_what_follows_is_added_behind_the_rest(tmp_path):
    kept = study_journal(tmp_path, {"seed": 3}, KINDS)
    kept.add(0, Finding({}, "a"))
    kept.add(1, Finding({Spot("é", 1): 2.0}, "b"))
    file = tmp_path / NAME
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    again = study_journal(tmp_path, {"seed": 3}, KINDS)
    assert set(again.held) == {0}
    again.add(1, Finding({Spot("é", 1): 2.0}, "b"))
    assert file.read_bytes() == whole


def test_a_journal_under_other_settings_is_refused_with_what_differs(tmp_path):
    study_journal(tmp_path, {"seed": 3, "model": "a"}, KINDS)
    with pytest.raises(OutputError) as refused:
        study_journal(tmp_path, {"seed": 4, "model": "a"}, KINDS)
    assert str(refused.value) == (
        f"{tmp_path / NAME} holds another study (other seed); "
        "name another folder, or give the settings with which it was begun to go on"
    )
