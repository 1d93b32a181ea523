"""A decoder as a method of a comparison."""

import dataclasses

import pytest

from tempo.infrastructure.decoders.chain_of_thought import ChainOfThought
from tempo.infrastructure.decoders.contrastive import Contrastive
from tempo.infrastructure.decoders.diverse_beam import DiverseBeam
from tempo.infrastructure.decoders.entropy_forking import EntropyForking
from tempo.infrastructure.decoders.generated import Beam, Greedy, Sampling
from tempo.infrastructure.decoders.lattice_paths import LatticePaths
from tempo.infrastructure.decoders.metering import Metered
from tempo.infrastructure.decoders.ngrams import NGrams
from tempo.infrastructure.decoders.scoring import token_scores
from tempo.infrastructure.decoders.superposed import Superposed
from tests.infrastructure.decoders.engines import EndingTokenizer, tiny_engine
from tests.infrastructure.decoders.tiny import ENDS, random_prompts, text_score, tiny_model

MODEL = tiny_model()
STEPS = 6
WIDE = {"selection_threshold": 0, "max_width": 4}

DECODERS = {
    "greedy": Greedy(MODEL),
    "sampling": Sampling(MODEL, {"temperature": 0.9}),
    "beam": Beam(MODEL, 3),
    "diverse beam": DiverseBeam(MODEL, 3, 0.5),
    "contrastive": Contrastive(MODEL, 3, 0.5),
    "chain of thought": ChainOfThought(MODEL, 5),
    "entropy forking": EntropyForking(MODEL, 1.0, 4),
    "superposed": Superposed(MODEL, NGrams(random_prompts(50)), 3, 0.5, 0.5),
    "path": LatticePaths(tiny_engine(MODEL), WIDE | {"superposition": "path"}, rescored=False),
    "lineage": LatticePaths(tiny_engine(MODEL), WIDE | {"superposition": "lineage"}),
    "search": LatticePaths(tiny_engine(MODEL), WIDE | {"use_mcts": True, "mcts_depth": STEPS}),
}


def method(name, **fields):
    return Metered(name, DECODERS[name], MODEL, EndingTokenizer(ENDS), **fields)


def untimed(outcome):
    return outcome.continuations, dataclasses.replace(outcome.cost, milliseconds=0.0)


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("name", DECODERS)
def test_texts_have_the_models_own_log_probability_and_are_not_too_many(name, count):
    for prompt in random_prompts(4, seed=8):
        outcome = method(name).decode(prompt, count, STEPS, seed=3)
        assert 1 <= len(outcome.continuations) <= count
        for one in outcome.continuations:
            assert 1 <= len(one.token_ids) <= STEPS
            expected = text_score(MODEL, prompt, one.token_ids)
            assert one.log_probability == pytest.approx(expected, abs=1e-4)
            assert one.is_finished == (one.token_ids[-1] in ENDS)
            spelt = "".join(f" {token}" for token in one.token_ids if token not in ENDS)
            assert one.text == spelt
        assert outcome.cost.forward_passes > 0


@pytest.mark.parametrize("name", DECODERS)
def test_the_same_seed_gives_the_same_outcome_but_for_the_time(name):
    for prompt in random_prompts(3, seed=9):
        first = method(name).decode(prompt, 3, STEPS, seed=7)
        assert untimed(method(name).decode(prompt, 3, STEPS, seed=7)) == untimed(first)


def test_another_seed_draws_other_texts():
    prompt = random_prompts(1)[0]
    first, second = (method("sampling").decode(prompt, 3, STEPS, seed) for seed in (1, 2))
    assert first.continuations != second.continuations


@pytest.mark.parametrize("name", DECODERS)
def test_no_text_ends_before_the_fewest_steps(name):
    lengths, ended = set(), 0
    for prompt in random_prompts(12, seed=4):
        for one in method(name, min_steps=4).decode(prompt, 3, 5, seed=1).continuations:
            lengths.add(len(one.token_ids))
            ended += one.is_finished
        for one in method(name, min_steps=99).decode(prompt, 3, 5, seed=1).continuations:
            assert len(one.token_ids) == 5
            assert not one.is_finished
    assert lengths == {5}
    assert ended or name == "contrastive"


def test_posteriors_are_the_lattices_shares_and_others_tell_none():
    prompt = random_prompts(1)[0]
    shares = [one.posterior for one in method("path").decode(prompt, 99, 3, 0).continuations]
    assert all(0 < share < 1 for share in shares)
    assert sum(shares) == pytest.approx(1)
    assert {one.posterior for one in method("beam").decode(prompt, 3, 3, 0).continuations} == {None}


def test_a_search_returns_the_complete_texts_that_it_tried_best_first():
    for prompt in random_prompts(3, seed=5):
        found = method("search", min_steps=STEPS).decode(prompt, 4, STEPS, 0).continuations
        worth = [one.log_probability for one in found]
        assert len(set(found)) == 4
        assert worth == sorted(worth, reverse=True)


def test_draws_stand_by_log_probability_per_token_where_that_is_asked_for():
    prompt = random_prompts(1)[0]
    found = method("sampling", likeliest_first=True).decode(prompt, 6, STEPS, 3).continuations
    worth = [one.log_probability / len(one.token_ids) for one in found]
    assert worth == sorted(worth, reverse=True)
    drawn = method("sampling").decode(prompt, 6, STEPS, 3).continuations
    assert found != drawn
    assert set(found) == set(drawn)


def test_scores_do_not_depend_on_what_else_is_in_the_batch(monkeypatch):
    prompt, texts = (1, 2, 3), [(4,), (5, 6, 7, 8), (), (9, 9)]
    together = token_scores(MODEL.model, prompt, texts)
    assert [len(scores) for scores in together] == [1, 4, 0, 2]
    for text, scores in zip(texts, together, strict=True):
        assert sum(scores) == pytest.approx(text_score(MODEL, prompt, text), abs=1e-4)
    monkeypatch.setattr("tempo.infrastructure.decoders.scoring.LARGEST_BATCH", 1)
    for alone, scores in zip(token_scores(MODEL.model, prompt, texts), together, strict=True):
        assert alone == pytest.approx(scores, abs=1e-4)
    assert token_scores(MODEL.model, prompt, []) == []
    assert token_scores(MODEL.model, prompt, [(), ()]) == [[], []]
