"""`tempo compare` in process, over a tiny model with random weights."""

import json
import re

import pytest

from tempo.infrastructure.storage.comparison_outcomes import NAME
from tempo.interfaces.cli.studies import compare_run

METHODS = ("--methods", "greedy,sampling,beam:2,superposed", "--tempo", "superposition=path")
SMALL = ("--n", "1,2", "--steps", "3", "--draws", "20", "--random-weights", "llama")


@pytest.fixture
def prompts(tmp_path):
    file = tmp_path / "prompts.jsonl"
    file.write_text(
        '{"prompt": "The fox", "references": ["ran"]}\n"The crow"\n{"text": "A frog"}\n',
        encoding="utf-8",
    )
    return ("--prompts", str(file))


@pytest.fixture
def compare(run, prompts):
    """Run the command over three short prompts."""
    return lambda *arguments: run("compare", *prompts, *METHODS, *SMALL, *arguments)


def untimed(document):
    """A document without times, and without the intervals and frontiers that follow from them."""
    for entry in document["figures"]:
        for figures in entry["prompts"]:
            figures.pop("milliseconds", None)
    return {name: document[name] for name in ("figures", "calibrations", "prompts", "measuring")}


def test_tables_tell_what_decided_them_and_every_method(compare):
    text = compare().text
    first, *lines = text.splitlines()
    assert first.startswith("tempo compare --prompts ")
    assert "--methods greedy,sampling,beam:2,superposed" in first
    assert first.endswith("--tempo superposition=path")
    assert "== 2 texts of at most 3 tokens, 3 prompts; means with 95 % bootstrap intervals" in lines
    for name in ("greedy", "sampling 1", "beam 2", "superposed 0.54", "tempo path"):
        assert any(line.startswith(name) for line in lines)


def test_a_rerun_gives_the_same_numbers(compare):
    first, second = (json.loads(compare("--json").text) for _ in range(2))
    assert untimed(first) == untimed(second)
    other = json.loads(compare("--json", "--seed", "43").text)
    assert untimed(first) != untimed(other)


def test_a_comparison_that_was_broken_off_goes_on_and_ends_the_same(compare, tmp_path, monkeypatch):
    whole = json.loads(compare("--json").text)
    folder = tmp_path / "kept"
    study = compare_run.comparison

    def breaking(*arguments):
        comparison, posteriors = study(*arguments)
        outcomes = comparison.outcomes

        def some(*asked):
            for number, place in enumerate(outcomes(*asked)):
                if number == 10:
                    raise KeyboardInterrupt
                yield place

        comparison.outcomes = some
        return comparison, posteriors

    with monkeypatch.context() as patched:
        patched.setattr(compare_run, "comparison", breaking)
        assert compare("--output-dir", str(folder)).code == 130
    assert len((folder / NAME).read_text().splitlines()) == 1 + 11
    rest = json.loads(compare("--json", "--output-dir", str(folder)).text)
    assert untimed(rest) == untimed(whole)
    assert len((folder / NAME).read_text().splitlines()) == 1 + 3 * 9
    page = (folder / "comparison.html").read_text()
    assert "beam 2" in page
    assert (folder / "comparison.png").stat().st_size
    assert json.loads((folder / "comparison.json").read_text())["figures"]
    assert "beam 2" in (folder / "comparison.txt").read_text()
    # nothing is decoded again, and more methods join what is there
    assert compare("--output-dir", str(folder)).code == 0
    assert compare("--output-dir", str(folder), "--methods", "greedy,beam:3").code == 0
    assert len((folder / NAME).read_text().splitlines()) == 1 + 3 * 9 + 3 * 2


def test_another_comparisons_folder_is_left_alone(compare, tmp_path):
    folder = str(tmp_path / "kept")
    assert compare("--output-dir", folder).code == 0
    sentence = compare("--output-dir", folder, "--seed", "7").sentence
    assert "holds another comparison (other seed)" in sentence


def test_more_prompts_join_those_that_were_drawn_before(compare, tmp_path):
    folder = tmp_path / "kept"
    few = json.loads(compare("--json", "--output-dir", str(folder), "--count", "1").text)
    lines = (folder / NAME).read_text().splitlines()
    more = json.loads(compare("--json", "--output-dir", str(folder), "--count", "2").text)
    assert (folder / NAME).read_text().splitlines()[: len(lines)] == lines
    assert len(lines) == 1 + 9
    assert more["prompts"][:1] == few["prompts"]
    assert "other order" in compare("--output-dir", str(folder)).sentence


def test_texts_are_equally_long_unless_they_may_end(compare):
    document = json.loads(compare("--json").text)
    tokens = {one["tokens"] for entry in document["figures"] for one in entry["prompts"]}
    assert tokens == {3.0}
    assert "--min-steps 3" in document["facts"]["command"]
    free = json.loads(compare("--json", "--min-steps", "0", "--steps", "9").text)
    assert "--min-steps 0" in free["facts"]["command"]


def test_references_and_a_grader_are_taken(compare):
    document = json.loads(compare("--json", "--grader", "embedded").text)
    assert document["prompts"][0]["references"] == ["ran"]
    assert document["grader"] == "embedded"
    (figures,) = [
        entry["prompts"]
        for entry in document["figures"]
        if (entry["method"], entry["count"]) == ("greedy", 1)
    ]
    assert figures[0]["coverage"] == 0.0
    assert figures[1]["coverage"] is None
    assert figures[0]["grader_best_log_probability"] < 0.0


def test_tempo_may_be_left_out(run, prompts):
    text = run("compare", *prompts, *SMALL, "--methods", "greedy", "--tempo", "none", "--json").text
    document = json.loads(text)
    assert {entry["method"] for entry in document["figures"]} == {"greedy"}
    assert document["calibrations"] == {}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--methods", "bean"), "there is no method 'bean'"),
        (("--n", "two"), "n is 'two'; give whole numbers with commas between them"),
        (("--n", "0"), "n has 0; it must be 1 text or more"),
        (("--steps", "0"), "steps is 0; it must be 1 or more"),
        (("--tempo", "colour=red"), "colour"),
        (("--count", "4"), "count is 4; it must be from 1 to 3"),
        (("--steps", "99999"), "the prompt 'The fox' needs"),
        (("--model", "/nowhere"), "there is no folder '/nowhere'"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_sentence(compare, arguments, sentence):
    assert sentence in compare(*arguments).sentence


def test_parts_of_a_comparison_are_the_comparison(compare, tmp_path):
    whole = json.loads(compare("--json", "--output-dir", str(tmp_path / "whole")).text)
    folder = str(tmp_path / "parts")
    for number in (2, 1):
        ended = compare("--output-dir", folder, "--part", f"{number}/2")
        assert (ended.code, ended.out) == (0, "")
    assert re.fullmatch(
        r"tempo: (\d+) of \1 are kept; the same command without --part goes on from here and "
        r"reports\n",
        ended.err,
    )
    together = json.loads(compare("--json", "--output-dir", folder).text)
    assert untimed(together) == untimed(whole)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--part", "1/2"), "part is 1/2 without output_dir; name the folder that all parts share"),
        (("--part", "3/2", "--output-dir", "x"), "the part is 3/2; give one from 1/2 to 2/2"),
        (("--part", "0/0", "--output-dir", "x"), "the part is '0/0'; give its number and how many"),
        (("--part", "two", "--output-dir", "x"), "the part is 'two'; give its number and how many"),
    ],
)
def test_a_part_that_is_none_is_refused(compare, arguments, said):
    assert said in compare(*arguments).sentence
