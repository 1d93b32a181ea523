"""The folder of a sweep: each result once, whatever happens between two of them."""

import hashlib
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.workers.work import Failed, Finished
from tempo.domain.errors import InvalidValueError, OutputError
from tempo.infrastructure.sweeping import results
from tempo.infrastructure.sweeping.columns import schema
from tempo.infrastructure.sweeping.results import MANIFEST, PENDING, SweepResults

FACTS = {"format": "tempo sweep", "asked": {"settings": {}}, "versions": {"torch": "2"}}


def row(number):
    return {
        "model": "embedded", "model_fingerprint": "a", "tokenizer_fingerprint": "b",
        "dtype": "float32", "device": "cpu", "settings": '{"max_steps": 3}', "place": number,
        "prompt_id": None, "prompt": "Once", "text": " upon\x00 ä 😀", "bracketed": "",
        "log_probability": -number / 3, "mean_log_probability": -number / 9, "finished": True,
        "finish_reason": "end", "finished_mass": 0.1 + 0.2, "steps": 3, "mean_width": 1.0,
        "rows_a_step": 1.5, "n_best": [{
            "text": " upon", "token_ids": [1, number], "log_probability": -1 / 3,
            "mean_log_probability": -1 / 7, "text_log_probability": -0.1, "share": 1.0,
            "finished": False, "value": None,
        }], "samples": ["x", "y"][: number % 3],
        "cost": {"passes": number, "token_rows": 4, "cache_rows": 9, "peak_cache_rows": 5,
                 "released_rows": 0},
    }  # fmt: skip


def finished(number):
    return Finished(f"item {number}", row(number))


def opened(folder, rows=4, **facts):
    return SweepResults(folder, {**FACTS, **facts}, rows)


def rows_in(folder):
    """What anyone reads of the folder by one line of pyarrow."""
    return pq.read_table(sorted(folder.glob("*.parquet"))).to_pylist()


def test_rows_come_back_bit_for_bit(tmp_path):
    shelf = opened(tmp_path, rows=3)
    for number in range(5):
        shelf.put(finished(number))
    shelf.close({})
    found = sorted(rows_in(tmp_path), key=lambda one: one["id"])
    assert found == [{"id": f"item {number}", **row(number)} for number in range(5)]


def test_the_manifest_says_what_there_is(tmp_path):
    shelf = opened(tmp_path, rows=2)
    for number in range(3):
        shelf.put(finished(number))
    shelf.put(Failed("item 9", "its worker died", 1))
    told = shelf.close({"items": 4})
    assert told == json.loads((tmp_path / MANIFEST).read_text())
    assert {name: told[name] for name in ("format", "items", "results", "failures", "parts")} == {
        "format": "tempo sweep",
        "items": 4,
        "results": 3,
        "failures": [{"id": "item 9", "reason": "its worker died", "attempts": 1}],
        "parts": [
            {
                "file": f"part-0000{number}.parquet",
                "rows": rows,
                "sha256": hashlib.sha256(
                    (tmp_path / f"part-0000{number}.parquet").read_bytes()
                ).hexdigest(),
            }
            for number, rows in ((1, 2), (2, 1))
        ],
    }
    assert list(told["columns"]) == [*schema().names]


@given(
    st.lists(
        st.tuples(st.integers(0, 11), st.sampled_from(["go on", "kill", "close"])), max_size=25
    )
)
def test_each_result_is_kept_once_however_often_it_is_broken_off(tmp_path_factory, deeds):
    """Law: a process that ends at any time, well or not, loses nothing and doubles nothing."""
    folder = tmp_path_factory.mktemp("sweep")
    shelf, given_so_far = opened(folder), set()
    for number, then in deeds:
        shelf.put(finished(number))
        given_so_far.add(f"item {number}")
        if then == "close":
            shelf.close({})
        if then != "go on":
            shelf = opened(folder)  # what was in memory is gone
        assert set(shelf.held) == given_so_far
    shelf.close({})
    found = [one["id"] for one in rows_in(folder)] if given_so_far else []
    assert sorted(found) == sorted(given_so_far)


@pytest.mark.parametrize("when", ["before the manifest", "before the journal"])
def test_a_process_that_ends_between_a_part_and_what_tells_of_it(tmp_path, monkeypatch, when):
    shelf = opened(tmp_path)
    for number in range(3):
        shelf.put(finished(number))

    def dies(*_arguments):
        raise KeyboardInterrupt

    target = (
        (SweepResults, "_save") if when == "before the manifest" else (results.Pending, "empty")
    )
    with monkeypatch.context() as patched:
        patched.setattr(*target, dies)
        with pytest.raises(KeyboardInterrupt):
            shelf.put(finished(3))
    assert (tmp_path / "part-00001.parquet").exists()
    again = opened(tmp_path)
    assert set(again.held) == {f"item {number}" for number in range(4)}
    again.put(finished(4))
    again.close({})
    assert sorted(one["id"] for one in rows_in(tmp_path)) == [f"item {n}" for n in range(5)]


def test_half_a_line_of_the_journal_is_no_result(tmp_path):
    shelf = opened(tmp_path)
    shelf.put(finished(0))
    with (tmp_path / PENDING).open("a") as file:
        file.write('{"id": "item 1", "text"')
    assert set(opened(tmp_path).held) == {"item 0"}


def test_failures_are_no_results_and_are_tried_again(tmp_path):
    shelf = opened(tmp_path)
    shelf.put(Failed("item 0", "no", 3))
    shelf.close({})
    again = opened(tmp_path)
    assert "item 0" not in again.held
    again.put(finished(0))
    assert again.close({})["failures"] == []


def test_figures_come_from_parts_and_from_what_is_in_none(tmp_path):
    shelf = opened(tmp_path, rows=2)
    for number in range(5):
        shelf.put(finished(number))
    wanted = ["item 1", "item 3", "item 4", "item 7"]
    assert shelf.figures("passes", wanted) == {"item 1": 1, "item 3": 3, "item 4": 4}
    assert shelf.figures("log_probability", wanted) == {
        "item 1": -1 / 3,
        "item 3": -1.0,
        "item 4": -4 / 3,
    }


def test_another_sweep_is_refused_by_what_differs(tmp_path):
    opened(tmp_path)
    with pytest.raises(OutputError) as told:
        opened(tmp_path, asked={"settings": {"max_steps": [3]}, "threads": 2})
    assert str(told.value) == (
        f"{tmp_path / MANIFEST} is of another sweep (other settings, threads); name another "
        "folder by --output-dir, or give what it was begun with to go on"
    )


@pytest.mark.parametrize("content", ["{", "[]", '{"parts": [{}]}', '{"parts": []}'])
def test_a_manifest_of_something_else_is_refused(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(OutputError, match=r"manifest.json is of no sweep; name another folder"):
        opened(tmp_path)


def test_a_part_that_was_changed_or_taken_away_is_named(tmp_path):
    shelf = opened(tmp_path, rows=1)
    shelf.put(finished(0))
    part = tmp_path / "part-00001.parquet"
    pq.write_table(pa.Table.from_pylist([]), part)
    with pytest.raises(OutputError, match=r"part-00001.parquet is not what manifest.json says"):
        opened(tmp_path)
    part.unlink()
    with pytest.raises(OutputError, match=r"part-00001.parquet cannot be read: No such file"):
        opened(tmp_path)


def test_without_pyarrow_one_sentence_says_how_it_is_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidValueError) as told:
        opened(tmp_path / "folder")
    assert str(told.value) == (
        "a sweep's results need pyarrow, which is not installed here: "
        'pip install "tempo-decoding[sweep]"'
    )
    assert not (tmp_path / "folder").exists()
