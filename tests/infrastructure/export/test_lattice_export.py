import pytest

from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import Lattice
from tempo.infrastructure.export.lattice_export import FORMATS, SUFFIXES, LatticeExport, format_of

LATTICE = Lattice((1,), ())


@pytest.fixture
def saved():
    return {}


@pytest.fixture
def export(saved):
    def save(text, path):
        saved[path] = text

    writers = {
        name: lambda _lattice, best, name=name: f"{name} with {list(best)}" for name in FORMATS
    }
    return LatticeExport(writers, save)


@pytest.mark.parametrize(("suffix", "name"), SUFFIXES.items())
def test_a_suffix_means_a_format_in_either_case(export, saved, suffix, name):
    export.save(LATTICE, f"run{suffix}", best=(0,))
    export.save(LATTICE, f"RUN{suffix.upper()}")
    assert saved == {
        f"run{suffix}": f"{name} with [0]",
        f"RUN{suffix.upper()}": f"{name} with []",
    }


def test_a_named_format_goes_before_the_suffix(export, saved):
    export.save(LATTICE, "run.dot", "slf")
    export.save(LATTICE, "run", "csv")
    assert saved == {"run.dot": "slf with []", "run": "csv with []"}


@pytest.mark.parametrize("path", ["run", "run.pdf", "", ".dot", "dot"])
def test_a_suffix_without_a_format_is_refused(path):
    with pytest.raises(InvalidValueError) as caught:
        format_of(path)
    assert str(caught.value) == (
        f"the suffix of {path!r} names no format; end it in one of .dot, .gv, .slf, .lat, .csv, "
        ".graphml, or name one of dot, slf, csv, graphml"
    )


def test_an_unknown_format_is_refused_and_nothing_written(export, saved):
    with pytest.raises(InvalidValueError) as caught:
        export.save(LATTICE, "run.dot", "pdf")
    assert str(caught.value) == "format is 'pdf'; choose one of dot, slf, csv, graphml"
    assert saved == {}
