"""The folder of a batch: it goes on wherever it was broken off, and is nobody else's."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.batches.items import BatchItem
from tempo.application.batches.plan import BatchPlan
from tempo.application.studies.prompt_lines import BrokenLine, PromptLine
from tempo.domain.errors import OutputError
from tempo.infrastructure.storage.batch_results import RESULTS, RUN, BatchResults
from tempo.interfaces.python.lattice import Lattice
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

FACTS = {
    "asked": {"n_best": 1, "settings": {"max_steps": 3}},
    "model": {"fingerprint": "f"},
    "versions": {"torch": "1"},
    "environment": {"threads": 2},
}
PLAN = BatchPlan({"max_steps": 3}, thresholds=(0.05, 0.3), texts=1, together=3)
ITEMS = (
    BatchItem(PromptLine(FOREVER.vocabulary[1]), "é", {"max_width": 2}, 1),
    BrokenLine(2, "it is no JSON"),
    BatchItem(PromptLine(FOREVER.vocabulary[2]), 7, {}, 4),
    BatchItem(PromptLine(FOREVER.vocabulary[3]), None, {}, 5),
)
JOBS = PLAN.jobs(ITEMS)
ENGINE = scripted_engine(FOREVER)


def decoded(folder, facts=FACTS, shelf=None):
    kept = BatchResults(folder, facts, JOBS)
    for _ in ENGINE.container.batch_run().run(PLAN, JOBS, kept, shelf):
        pass
    return (Path(folder) / RESULTS).read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return decoded(tmp_path_factory.mktemp("whole"))


@given(cuts=st.lists(st.integers(0, 4000), max_size=2))
def test_a_batch_broken_off_at_any_byte_ends_with_the_bytes_of_an_unbroken_one(
    tmp_path_factory, whole, cuts
):
    folder = tmp_path_factory.mktemp("broken") / "deeper"
    assert decoded(folder) == whole
    for cut in cuts:
        (folder / RESULTS).write_bytes(whole[:cut])
        assert decoded(folder) == whole


def test_a_line_that_was_taken_out_is_decoded_again(tmp_path, whole):
    lines = whole.splitlines(keepends=True)
    decoded(tmp_path)
    (tmp_path / RESULTS).write_bytes(b"".join(lines[:2] + lines[3:]))
    assert decoded(tmp_path).splitlines(keepends=True) == [*lines[:2], *lines[3:], lines[2]]


def test_what_it_is_stands_beside_it_and_is_not_written_again(tmp_path):
    decoded(tmp_path)
    assert json.loads((tmp_path / RUN).read_text()) == FACTS
    decoded(tmp_path, {**FACTS, "environment": {"threads": 9}})
    assert json.loads((tmp_path / RUN).read_text()) == FACTS


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"asked": {"n_best": 2, "settings": {"max_steps": 4}}}, "n_best, max_steps"),
        ({"model": {"fingerprint": "g"}}, "fingerprint"),
        ({"versions": {"torch": "1", "numpy": "2"}}, "numpy"),
    ],
)
def test_a_folder_of_another_batch_is_refused_with_what_differs(tmp_path, whole, change, named):
    decoded(tmp_path)
    with pytest.raises(OutputError) as refused:
        BatchResults(tmp_path, FACTS | change, JOBS)
    assert str(refused.value) == (
        f"{tmp_path / RUN} is of another batch (other {named}); name another folder by "
        "--output-dir, or give what it was begun with to go on"
    )
    assert (tmp_path / RESULTS).read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"asked": {}, "model": 1}'])
def test_a_folder_whose_description_is_none_is_refused(tmp_path, content):
    (tmp_path / RUN).write_bytes(content)
    with pytest.raises(OutputError, match=r"run\.json does not say which batch it is of; name"):
        BatchResults(tmp_path, FACTS, JOBS)
    assert (tmp_path / RUN).read_bytes() == content


def test_results_of_nobody_knows_what_are_left_alone(tmp_path):
    (tmp_path / RESULTS).write_bytes(b"mine\n")
    with pytest.raises(OutputError, match=r"results.jsonl is there without run.json"):
        BatchResults(tmp_path, FACTS, JOBS)
    assert [one.name for one in tmp_path.iterdir()] == [RESULTS]


@pytest.mark.parametrize("line", [b"{}\n", b"mine\n", b'{"index": 0, "threshold": 0.05}\n'])
def test_a_whole_line_that_is_none_of_the_batch_is_not_cut_off(tmp_path, whole, line):
    decoded(tmp_path)
    first, *rest = whole.splitlines(keepends=True)
    altered = b"".join([first, line, *rest])
    (tmp_path / RESULTS).write_bytes(altered)
    with pytest.raises(OutputError) as refused:
        BatchResults(tmp_path, FACTS, JOBS)
    assert str(refused.value) == (
        f"line 2 of {tmp_path / RESULTS} is none of this batch; take it out, or name another "
        "folder by --output-dir"
    )
    assert (tmp_path / RESULTS).read_bytes() == altered


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot be written: .*; choose another folder"):
        BatchResults(tmp_path / "file" / "deeper", FACTS, JOBS)
    with pytest.raises(OutputError, match=r"cannot be made: .*; choose another folder"):
        ENGINE.container.batch_lattices(folder=tmp_path / "file", model=ENGINE.identity)


def test_saved_lattices_open_again_and_are_those_of_the_lines(tmp_path):
    shelf = ENGINE.container.batch_lattices(folder=tmp_path / "kept", model=ENGINE.identity)
    lines = [json.loads(line) for line in decoded(tmp_path, shelf=shelf).splitlines()]
    opened = {line["lattice"]: line for line in lines if "lattice" in line}
    assert sorted(opened) == sorted(one.name for one in (tmp_path / "kept").iterdir())
    assert sorted(opened)[:2] == ["000000-0.05.json", "000000-0.3.json"]
    for name, line in opened.items():
        lattice = Lattice.open(tmp_path / "kept" / name)
        assert lattice.provenance.prompt == line["prompt"]
        assert lattice.provenance.settings["selection_threshold"] == line["threshold"]
        assert len(lattice.steps) == line["steps"]
