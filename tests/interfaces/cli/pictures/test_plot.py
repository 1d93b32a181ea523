"""`tempo plot FILE...` and `tempo generate --save-visualization DIR`."""

import pytest

from tests.interfaces.scripted_engine import scripted_engine


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "run.json"
    scripted_engine().generate("Once").lattice.save(path)
    return path


NO_ATTENTION = (
    "tempo: run: no attention is drawn: a document holds what a rule of attention measured, and "
    "none judged these steps (retroactive_pruning attention)\n"
)
KINDS = ("sets", "entropy", "threshold", "posteriors", "lattice", "cost")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_kinds_are_drawn_and_each_file_is_told(run, document, tmp_path):
    folder = tmp_path / "drawn"
    ended = run("plot", str(document), "--output-dir", str(folder))
    assert ended.out == "".join(f"{folder}/run-{kind}.png\n" for kind in KINDS)
    assert (ended.code, ended.err) == (0, NO_ATTENTION)
    assert names(folder) == sorted(f"run-{kind}.png" for kind in KINDS)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in folder.iterdir())


def test_kinds_are_chosen_by_comma_or_one_by_one(run, document, tmp_path):
    folder = tmp_path / "drawn"
    chosen = ("--kind", "cost,sets", "--kind", "cost", "--format", "svg")
    text = run("plot", str(document), *chosen, "--output-dir", str(folder)).text
    assert text == f"{folder}/run-sets.svg\n{folder}/run-cost.svg\n"
    assert b"<svg" in (folder / "run-sets.svg").read_bytes()


def test_the_page_comes_alone_unless_kinds_are_named(run, document, tmp_path):
    folder = tmp_path / "drawn"
    where = ("--output-dir", str(folder))
    assert run("plot", str(document), "--html", *where).text == f"{folder}/run.html\n"
    text = run("plot", str(document), "--html", "--kind", "cost", *where).text
    assert text == f"{folder}/run-cost.png\n{folder}/run.html\n"


def test_several_files_are_compared_where_that_makes_sense(run, document, tmp_path):
    (tmp_path / "other").mkdir()
    again = tmp_path / "other" / "run.json"
    again.write_bytes(document.read_bytes())
    folder = tmp_path / "drawn"
    chosen = ("--kind", "entropy,lattice", "--output-dir", str(folder))
    text = run("plot", str(document), str(again), *chosen).text
    assert text == (
        f"{folder}/compared-entropy.png\n{folder}/run-lattice.png\n{folder}/run-2-lattice.png\n"
    )


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_document_gives_the_same_bytes(run, document, tmp_path, suffix):
    for name in ("first", "second"):
        chosen = ("--kind", "sets,posteriors,lattice", "--html", "--format", suffix)
        run("plot", str(document), *chosen, "--output-dir", str(tmp_path / name))
    first, second = ((tmp_path / name) for name in ("first", "second"))
    assert len(names(first)) == 4
    assert [path.read_bytes() for path in sorted(first.iterdir())] == [
        path.read_bytes() for path in sorted(second.iterdir())
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--kind", "posterior"),
            (
                "--kind is 'posterior'; choose from sets, entropy, threshold, posteriors, lattice, "
                "attention, cost, all; did you mean 'posteriors'?"
            ),
        ),
        (
            ("--kind", "42"),
            (
                "--kind is '42'; choose from sets, entropy, threshold, posteriors, lattice, "
                "attention, cost, all"
            ),
        ),
        (("--format", "gif"), "format is 'gif'; choose one of pdf, png, svg"),
        (("--steps", "5:2"), "steps is 5:2; it must be A:B with 0 <= A < B"),
        (
            ("--steps", "90:"),
            "run has 5 steps (from 0), and none that is there lies in 90:; choose others",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_a_folder_is_made(
    run, document, tmp_path, arguments, sentence
):
    folder = tmp_path / "drawn"
    ended = run("plot", str(document), *arguments, "--output-dir", str(folder))
    assert ended.sentence == sentence
    assert not folder.exists()


def test_a_folder_that_is_a_file_is_refused(run, document):
    sentence = run("plot", str(document), "--output-dir", str(document)).sentence
    assert sentence == f"{document} cannot be made: File exists; choose another"


def test_a_folder_without_a_name_is_refused(run, scripted, document):
    told = " is ''; name a place, or leave the option out"
    assert run("plot", str(document), "--output-dir", "").sentence == f"--output-dir{told}"
    assert scripted("--save-visualization", "").sentence == f"--save-visualization{told}"


def test_a_run_that_just_ended_is_drawn_and_the_place_is_told(scripted, tmp_path):
    folder = tmp_path / "drawn"
    ended = scripted("--save-visualization", str(folder))
    assert ended.code == 0
    assert ended.err.endswith(f"{NO_ATTENTION}tempo: 7 pictures and pages are in {folder}\n")
    assert names(folder) == sorted([*(f"run-{kind}.png" for kind in KINDS), "run.html"])


def test_a_place_for_pictures_is_judged_before_the_run(scripted, document):
    ended = scripted("--save-visualization", str(document))
    assert ended.sentence == f"{document} cannot be made: File exists; choose another"
    assert ended.out == ""
