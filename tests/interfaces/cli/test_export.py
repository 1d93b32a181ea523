"""`tempo export` over a saved lattice."""

import csv
import io
from pathlib import Path

import networkx as nx
import pydot
import pytest

from tests.infrastructure.export.slf_reader import read
from tests.interfaces.scripted_engine import scripted_engine

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:pydot")


@pytest.fixture
def lattice():
    return scripted_engine().generate("Once").lattice


@pytest.fixture
def document(lattice, tmp_path):
    path = tmp_path / "run.json"
    lattice.save(path)
    return str(path)


def test_dot_goes_to_standard_output(run, document):
    (graph,) = pydot.graph_from_dot_data(run("export", document, "--to", "dot").text)
    names = {node.get_name() for node in graph.get_nodes()}
    assert {name for name in names if name.isdigit()} == {str(number) for number in range(8)}


def test_slf_goes_to_a_file_by_its_suffix(run, document, lattice, tmp_path):
    target = tmp_path / "run.slf"
    assert run("export", document, "--output", str(target)).text == ""
    assert target.read_text() == lattice.to_slf()
    assert b" garden" in {node.word for node in read(target.read_text()).nodes}


def test_a_named_format_goes_before_the_suffix(run, document, tmp_path):
    target = tmp_path / "table.txt"
    run("export", document, "--to", "csv", "--output", str(target))
    rows = list(csv.DictReader(io.StringIO(target.read_bytes().decode(), newline="")))
    assert [row["text"] for row in rows if row["step"] == "2"] == [" park", " garden"]


def test_graphml_is_read_by_networkx(run, document, tmp_path):
    target = tmp_path / "run.graphml"
    run("export", document, "--output", str(target))
    assert nx.read_graphml(target).number_of_nodes() == 8


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "standard output has no suffix to name a format; give --to dot|slf|csv|graphml"),
        (("--to", "pdf"), "--to is 'pdf'; choose one of dot, slf, csv, graphml"),
        (
            ("--output", "run.pdf"),
            (
                "the suffix of 'run.pdf' names no format; end it in one of .dot, .gv, .slf, .lat, "
                ".csv, .graphml, or name one of dot, slf, csv, graphml"
            ),
        ),
    ],
)
def test_a_format_that_is_not_known_is_refused(run, document, arguments, sentence):
    assert run("export", document, *arguments).sentence == sentence


def test_a_file_that_is_not_there_or_holds_no_lattice_is_refused(run, tmp_path):
    assert "cannot be read as a lattice" in run("export", "none.json", "--to", "dot").sentence
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert "tempo-lattice" in run("export", str(other), "--to", "dot").sentence


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_read(run, tmp_path):
    target = str(tmp_path / "missing" / "run.dot")
    assert "cannot be written" in run("export", "none.json", "--output", target).sentence
    assert list(Path(tmp_path).iterdir()) == []
