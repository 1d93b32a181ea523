import pytest

import tempo
from tempo.application.records.record import Provenance
from tempo.application.settings.reading import read_settings
from tempo.application.settings.settings import Settings
from tempo.domain.errors import DocumentError, InvalidValueError, OutputError
from tests.interfaces.scripted_engine import FOREVER, scripted_engine


@pytest.fixture
def lattice():
    return scripted_engine().generate("Once").lattice


def test_a_lattice_comes_back_from_a_file(lattice, tmp_path):
    path = tmp_path / "run.json"
    lattice.save(path)
    found = tempo.Lattice.open(path)
    assert isinstance(found, tempo.Lattice)
    assert found.k_best(2) == lattice.k_best(2)
    assert [one.text for one in found.steps[2].candidates] == [" park", " garden"]
    assert found.best == lattice.best
    assert found.provenance == lattice.provenance


def test_a_lattice_of_every_kind_of_step_comes_back(tmp_path):
    lattice = scripted_engine(FOREVER).generate(" a", max_steps=20, threshold=0.02).lattice
    lattice.save(tmp_path / "run.json")
    found = tempo.Lattice.open(tmp_path / "run.json")
    assert found.k_best(5) == lattice.k_best(5)
    assert found.kept_mass == lattice.kept_mass


def test_a_lattice_knows_where_it_comes_from(lattice):
    known = lattice.provenance
    assert (known.prompt, known.stop, known.steered) == ("Once", (), False)
    assert known.finish_reason == "end_of_text"
    assert read_settings(dict(known.settings)) == Settings()
    assert known.model == scripted_engine().identity


def test_a_steered_lattice_says_so():
    with scripted_engine().session("Once") as session:
        session.step()
        assert session.result.lattice.provenance.steered


def test_a_lattice_that_came_back_shows_what_its_run_showed(tmp_path):
    """Law 10: it reproduces text and scores exactly."""
    result = scripted_engine().generate("Once", stop="den")
    result.lattice.save(tmp_path / "run.json")
    found = tempo.Lattice.open(tmp_path / "run.json")
    shown = (found.text, found.bracketed, found.raw)
    assert shown == (result.text, result.bracketed, result.raw)
    found.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == (tmp_path / "run.json").read_text()


def test_a_lattice_made_by_hand_can_be_saved(lattice, tmp_path):
    tempo.Lattice(lattice.prompt_ids, lattice.steps).save(tmp_path / "run.json")
    found = tempo.Lattice.open(tmp_path / "run.json")
    assert (found.best, found.text, found.provenance) == ((), "", Provenance())


def test_a_lattice_says_how_large_it_is(lattice):
    assert repr(lattice) == "Lattice(5 steps, 6 tokens)"
    assert len(lattice) == 5


def test_a_place_that_cannot_be_written_is_refused(lattice, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        lattice.save(tmp_path / "missing" / "run.json")


def test_a_file_that_holds_no_lattice_is_refused(tmp_path):
    (tmp_path / "run.json").write_text('{"format": "other"}')
    with pytest.raises(DocumentError, match="tempo-lattice"):
        tempo.Lattice.open(tmp_path / "run.json")


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_picture_is_drawn_into_a_file(lattice, tmp_path, suffix, start):
    path = tmp_path / f"run.{suffix}"
    figure = lattice.plot(path)
    assert path.read_bytes().startswith(start)
    assert len(figure.axes) == 1


def test_the_best_path_is_emphasised(lattice):
    from matplotlib.colors import to_hex

    figure = lattice.plot()
    colours = [to_hex(marker.get_facecolor()[0]) for marker in figure.axes[0].collections]
    assert colours.count("#0072b2") == 5
    assert len(colours) == 6


@pytest.mark.parametrize("name", ["missing/run.png", "run.nonsense"])
def test_a_picture_that_cannot_be_drawn_is_named(lattice, tmp_path, name):
    with pytest.raises(OutputError, match="cannot be drawn"):
        lattice.plot(tmp_path / name)


# For other tools ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "method"), [("dot", "to_dot"), ("slf", "to_slf"), ("csv", "to_csv")]
)
def test_a_lattice_is_exported_as_what_its_method_returns(lattice, tmp_path, suffix, method):
    path = tmp_path / f"run.{suffix}"
    lattice.export(path)
    assert path.read_bytes().decode() == getattr(lattice, method)()


def test_every_export_tells_both_texts(lattice):
    assert r"W=\040garden" in lattice.to_slf()
    assert " garden,kept,,0.4" in lattice.to_csv()
    assert 'text=" garden"' in lattice.to_dot()
    graph = lattice.to_networkx()
    marked = [data["text"] for _, data in graph.nodes(data=True) if data.get("best")]
    assert marked == [" upon", " a", " park", ".", ""]


def test_a_graph_is_exported_as_a_document_of_graphml(lattice, tmp_path):
    import networkx as nx

    lattice.export(tmp_path / "run", "graphml")
    found = nx.read_graphml(tmp_path / "run", node_type=int)
    assert dict(found.nodes(data=True)) == dict(lattice.to_networkx().nodes(data=True))


def test_a_format_or_a_place_that_will_not_do_is_refused(lattice, tmp_path):
    with pytest.raises(InvalidValueError, match="names no format"):
        lattice.export(tmp_path / "run.pdf")
    with pytest.raises(InvalidValueError, match="format is 'pdf'"):
        lattice.export(tmp_path / "run.dot", "pdf")
    with pytest.raises(OutputError, match="cannot be written"):
        lattice.export(tmp_path / "missing" / "run.dot")
    assert list(tmp_path.iterdir()) == []


def test_a_lattice_tells_what_its_paths_hold(lattice):
    shown = [(share.text, round(share.posterior, 6)) for share in lattice.posterior(2)]
    assert shown == [(" park", 0.6), (" garden", 0.4)]
    assert lattice.agreement().steps == pytest.approx((1, 1, 0.52, 1, 1))
    assert lattice.expected_length() == pytest.approx(5)
    assert lattice.finished_mass == pytest.approx(1)
