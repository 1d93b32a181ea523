"""The studies that look inside a model, in process, over a tiny model."""

import json

import pytest

from tests.interfaces.cli.conftest import run, tiny_model  # noqa: F401 - fixtures

SMALL = {
    "attention": ("--steps", "5", "--width", "2", "--threshold", "0"),
    "isolation": ("--steps", "6", "--width", "2", "--threshold", "0", "--depth", "2"),
    "gaps": ("--gap", "0", "--gap", "3", "--tokens", "3", "--prompt-tokens", "4"),
    "lens": (),
}


@pytest.fixture
def study(run, tiny_model, tmp_path):  # noqa: F811 - the fixtures
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("ab\ncd e\n", encoding="utf-8")

    def command(name, *arguments):
        given = ("--prompts", str(prompts), "--count", "2", "--model", tiny_model)
        return run("experiment", name, *given, *arguments)

    return command


@pytest.mark.parametrize("name", SMALL)
def test_a_study_leaves_its_report_and_goes_on_where_it_stopped(study, tmp_path, name):
    folder = tmp_path / "kept"
    first = study(name, *SMALL[name], "--output-dir", str(folder)).text
    assert first.startswith(f"tempo experiment {name} --prompts ")
    assert "\n== 2 contexts; means with 95 % bootstrap intervals\n" in first
    assert {file.name for file in folder.iterdir()} == {
        "found.jsonl",
        f"{name}.json",
        f"{name}.png",
        f"{name}.txt",
    }
    document = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    assert (document["format"], document["contexts"]) == (f"tempo {name} study", 2)
    named = {one["quantity"] for one in document["estimates"]}
    assert named <= set(document["quantities"])
    assert named
    found = (folder / "found.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "found.jsonl").write_text("\n".join([*found[:2], ""]), encoding="utf-8")
    again = study(name, *SMALL[name], "--output-dir", str(folder)).text
    assert again.splitlines()[:-2] == first.splitlines()[:-2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("gaps",),
            (
                "gap is 1000 and the model has 64 positions: with prompts of 12 tokens and 8 "
                "behind the gap it must be 44 or less"
            ),
        ),
        (("gaps", "--gap", "-3"), "gap is -3; it must be 0 or more"),
        (("attention", "--steps", "1"), "steps - 1 is 0; it must be 1 or more"),
        (
            ("attention", "--rule", "window"),
            "the rule 'window' is not NAME=VALUE,NAME=VALUE with each name once",
        ),
        (("isolation", "--depth", "0"), "depth is 0; it must be 1 or more"),
    ],
)
def test_what_cannot_be_studied_is_refused_in_a_sentence(study, arguments, sentence):
    assert study(*arguments).sentence == sentence
