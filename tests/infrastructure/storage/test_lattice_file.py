import io
import json
import os
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tempo.application.records.record import record_of
from tempo.domain.errors import DocumentError, OutputError
from tempo.domain.lattice import Lattice
from tempo.domain.tokens import TokenId
from tempo.infrastructure.storage import lattice_file
from tempo.infrastructure.storage.document_reading import from_json
from tempo.infrastructure.storage.lattice_document import document
from tempo.infrastructure.storage.lattice_file import LatticeFile, save_text
from tests.strategies import candidate, lattice_step

STEP = lattice_step(0, [candidate(1), candidate(2)], np.zeros((1, 2)))
RECORD = record_of(Lattice((TokenId(1),), (STEP,)))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def file():
    return LatticeFile(write=document, read=from_json)


def test_what_is_saved_is_opened(file, tmp_path):
    file.save(RECORD, tmp_path / "run.json")
    found = file.open(str(tmp_path / "run.json"))
    assert document(found) == document(RECORD)


def test_the_file_is_json_and_nothing_lies_beside_it(file, tmp_path):
    file.save(RECORD, tmp_path / "run.json")
    assert json.loads((tmp_path / "run.json").read_text()) == document(RECORD)
    assert names(tmp_path) == ["run.json"]


def test_a_home_folder_can_be_named_for_both(file, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    file.save(RECORD, "~/run.json")
    assert (tmp_path / "run.json").is_file()
    assert document(file.open("~/run.json")) == document(RECORD)


def test_a_newer_text_takes_the_place_of_an_older_one(tmp_path):
    target = tmp_path / "out.txt"
    save_text("old and long", target)
    save_text("é", target)
    assert target.read_bytes() == "é".encode()


class FullDisk:
    """Writes half of a text, then fails, as a full disk does."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(Path, "write_text", self.write_text)

    @staticmethod
    def write_text(path, text, **_options):
        with path.open("w") as half:
            half.write(text[: len(text) // 2])
        raise OSError(28, "No space left on device")


def test_an_older_file_survives_a_failed_write(tmp_path, monkeypatch):
    target = tmp_path / "out.txt"
    target.write_text("what was there")
    FullDisk(monkeypatch)
    with pytest.raises(OutputError) as caught:
        save_text("what is new", target)
    assert target.read_bytes() == b"what was there"
    assert names(tmp_path) == ["out.txt"]
    assert str(caught.value) == (
        f"{target} cannot be written: No space left on device; choose another place"
    )


@pytest.mark.parametrize("place", ["missing/run.json", "file/run.json", "folder", ".", ""])
def test_a_place_that_cannot_be_written_is_named(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("a file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        save_text("text", place)
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


def test_a_link_still_points_where_it_did(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    save_text("new", link)
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    """As /dev/stdout and /dev/null must stay what they are."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    save_text("through a pipe", pipe)
    assert pipe.is_fifo()
    reader.join(timeout=5)
    assert read == ["through a pipe"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"nonsense", b"{}", b"[]", b"3"])
def test_a_file_that_holds_no_lattice_is_named(file, tmp_path, content):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=r"run\.json: this (is no )?JSON"):
        file.open(path)


@pytest.mark.parametrize(
    "place", ["missing.json", ".", "", "~nobody-of-this-name/run.json", "a\0b"]
)
def test_a_file_that_cannot_be_read_is_named(file, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="cannot be read as a lattice: "):
        file.open(place)


def test_a_lattice_comes_from_standard_input(file, monkeypatch):
    content = json.dumps(document(RECORD)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert document(file.open("-")) == document(RECORD)


def test_a_lattice_comes_through_a_pipe(file, tmp_path):
    """As `<(zcat run.json.gz)` gives one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = json.dumps(document(RECORD))
    writer = threading.Thread(target=lambda: pipe.write_text(text), daemon=True)
    writer.start()
    assert document(file.open(pipe)) == document(RECORD)


def test_a_file_that_is_too_large_is_not_read(file, tmp_path):
    path = tmp_path / "run.json"
    with path.open("wb") as large:
        large.truncate(200 * 2**20)
    tracemalloc.start()
    with pytest.raises(OutputError) as caught:
        file.open(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(caught.value) == (
        f"{path} cannot be read as a lattice: it holds 200.0 MiB, "
        "and a lattice document at most 128.0 MiB"
    )
    assert peak < 2**20


def test_what_never_ends_is_not_read_to_the_end(file, monkeypatch):
    monkeypatch.setattr(lattice_file, "LARGEST_FILE", 2**20)
    tracemalloc.start()
    with pytest.raises(OutputError, match=r"holds more than 1\.0 MiB"):
        file.open("/dev/zero")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


def test_what_could_not_be_opened_again_is_not_saved(file, tmp_path, monkeypatch):
    monkeypatch.setattr(lattice_file, "LARGEST_FILE", 100)
    with pytest.raises(OutputError, match=r"at most 0\.0 MiB can be opened again; decode fewer"):
        file.save(RECORD, tmp_path / "run.json")
    assert names(tmp_path) == []
