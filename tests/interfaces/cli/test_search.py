"""`tempo generate --use-mcts`."""

import json

import pytest

SEARCH = ("--use-mcts", "--mcts-depth", "5", "--max-steps", "5", "--mcts-simulations", "20")


def test_the_documented_flags_work(scripted):
    flags = ("--use-mcts", "--mcts-simulations", "5", "--mcts-c-puct", "1.5", "--mcts-depth", "3")
    assert scripted(*flags).text == " upon a park.\n"


def test_a_demanded_word_is_found(scripted):
    assert scripted(*SEARCH, "--mcts-words", "garden").text == " upon a garden.\n"


def test_all_that_a_search_found_is_told(scripted):
    told = scripted(*SEARCH, "--mcts-pattern", "garden", "--format", "all", "--mcts-batch", "1")
    told = told.out.split("\n\n")
    assert told[0] == "best text:\n upon a garden."
    assert told[1] == "bracketed:\n upon a [~park/garden]."
    assert told[2].splitlines()[1] == "1\t1.0000\t-0.9163\t-0.1833\t upon a garden."
    title, line = told[3].splitlines()
    assert title == "search:"
    assert line.endswith("texts tried · value 1.000")
    assert "simulations · " in line


def test_a_seed_is_of_effect_in_a_search(scripted):
    assert scripted(*SEARCH, "--seed", "7").code == 0
    assert scripted("--seed", "7").sentence == (
        "seed would have no effect: decoding draws nothing; it needs --sample or --use-mcts"
    )


def test_a_spent_bound_is_told(scripted):
    ended = scripted("--use-mcts", "--max-steps", "5", "--mcts-rows", "4")
    assert ended.out == " upon a park.\n"
    assert ended.err == "tempo: the bound on rows ended the search after 1 simulations\n"


def test_the_document_holds_the_search(scripted):
    document = json.loads(scripted(*SEARCH, "--output-json").out)
    assert document["search"]["errors"] == 0
    assert document["n_best"][0]["value"] == document["search"]["value"]


def test_depth_without_a_search_is_refused(scripted):
    assert scripted("--mcts-depth", "3").sentence == (
        "mcts_depth 3 would have no effect: it needs use_mcts"
    )


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (("--length-penalty", "1"), "length_penalty"),
        (("--diverse", "2", "--output-json"), "diverse"),
    ],
)
def test_another_ranking_is_refused_before_the_search(scripted, flags, name):
    ended = scripted(*SEARCH, "--n-best", "3", *flags)
    assert ended.sentence == f"{name} would have no effect: a search ranks texts by value"
    assert ended.out == ""
