"""Outcomes in a folder's file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.comparison.figures import Cell, Setting
from tempo.application.studies.comparison.outcomes import Continuation, Cost, MethodOutcome
from tempo.application.studies.comparison.study import Place
from tempo.application.studies.parts import Part
from tempo.domain.errors import OutputError
from tempo.infrastructure.storage.comparison_outcomes import NAME, OutcomeFile

SETTINGS = {"model": "a", "seed": 3}

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
OUTCOMES = st.builds(
    MethodOutcome,
    st.lists(
        st.builds(
            Continuation,
            st.lists(st.integers(0, 9999), max_size=4).map(tuple),
            TEXTS,
            st.floats(-1e6, 0.0),
            st.none() | st.floats(0.0, 1.0),
            st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    st.builds(
        Cost,
        st.integers(0, 9),
        st.integers(0, 9),
        st.integers(0, 9),
        st.floats(0.0, 1e6),
        st.integers(0, 9),
    ),
)


def place(number):
    return Place(number, Cell("beam 4", Setting(3, 30)))


@given(st.lists(OUTCOMES, max_size=4))
def test_what_was_kept_is_read_again(tmp_path_factory, outcomes):
    folder = tmp_path_factory.mktemp("kept") / "deeper"
    kept = OutcomeFile(folder, SETTINGS)
    for number, outcome in enumerate(outcomes):
        kept.add(place(number), outcome)
    again = OutcomeFile(folder, SETTINGS).held
    assert again == kept.held == {place(number): one for number, one in enumerate(outcomes)}


def filled(folder):
    kept = OutcomeFile(folder, SETTINGS)
    for number in range(3):
        kept.add(place(number), MethodOutcome((), Cost(number, 0, 0, 0.0, 0)))
    return folder / NAME


@pytest.mark.parametrize("cut", [1, 9, 60])
def test_a_last_line_that_was_broken_off_is_dropped_and_written_anew(tmp_path, cut):
    file = filled(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:-cut])
    again = OutcomeFile(tmp_path, SETTINGS)
    assert set(again.held) == {place(0), place(1)}
    again.add(place(2), MethodOutcome((), Cost(2, 0, 0, 0.0, 0)))
    assert file.read_bytes() == whole


def test_a_line_that_is_no_outcome_ends_what_is_kept(tmp_path):
    file = filled(tmp_path)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:2], json.dumps({"prompt": 1}), *lines[2:]]) + "\n")
    assert set(OutcomeFile(tmp_path, SETTINGS).held) == {place(0)}
    assert file.read_text().splitlines() == lines[:2]


def test_another_comparison_is_left_alone(tmp_path):
    file = filled(tmp_path)
    before = file.read_bytes()
    with pytest.raises(OutputError) as caught:
        OutcomeFile(tmp_path, {**SETTINGS, "seed": 4})
    assert "holds another comparison (other seed)" in str(caught.value)
    file.write_text("no JSON\n")
    with pytest.raises(OutputError, match="holds another comparison"):
        OutcomeFile(tmp_path, SETTINGS)
    file.write_bytes(before)
    assert len(OutcomeFile(tmp_path, SETTINGS).held) == 3


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot be written: .*; choose another folder"):
        OutcomeFile(tmp_path / "file", SETTINGS)
    kept = OutcomeFile(tmp_path / "folder", SETTINGS)
    (tmp_path / "folder" / NAME).unlink()
    (tmp_path / "folder" / NAME).mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        kept.add(place(0), MethodOutcome((), Cost(0, 0, 0, 0.0, 0)))
    assert not kept.held


def test_parts_hold_what_the_others_left_and_write_only_their_own_file(tmp_path):
    one, two = (OutcomeFile(tmp_path, SETTINGS, Part(number, 2)) for number in (1, 2))
    for number in range(4):
        (one, two)[number % 2].add(place(number), MethodOutcome((), Cost(number, 0, 0, 0.0, 0)))
    assert {file.name for file in tmp_path.iterdir()} == {
        "outcomes-1-of-2.jsonl",
        "outcomes-2-of-2.jsonl",
    }
    file = tmp_path / "outcomes-2-of-2.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-4])  # as if it were being written
    assert set(OutcomeFile(tmp_path, SETTINGS, Part(1, 2)).held) == {place(0), place(1), place(2)}
    assert file.read_bytes() == whole[:-4]
    file.write_bytes(whole)
    assert set(OutcomeFile(tmp_path, SETTINGS).held) == {place(number) for number in range(4)}


def test_a_part_of_another_comparison_is_refused_by_its_name(tmp_path):
    OutcomeFile(tmp_path, {"model": "b", "seed": 3}, Part(1, 2))
    with pytest.raises(OutputError, match=r"outcomes-1-of-2.jsonl holds another comparison"):
        OutcomeFile(tmp_path, SETTINGS)
