"""Tree search on the model that ships: its laws, within rounding."""

import numpy as np
import pytest

import tempo
from tempo.application.decoding.rescoring import Rescore

PROMPT = "Once upon a time there was a little fox who"


@pytest.fixture(scope="module")
def engine():
    return tempo.load()


@pytest.fixture(scope="module")
def result(engine):
    return engine.generate(
        PROMPT, use_mcts=True, max_steps=12, mcts_depth=12, selection_threshold=0.05
    )


def test_every_text_tried_has_the_score_of_a_run_of_its_own(engine, result):
    texts = result.search.texts
    assert len(texts) > 20
    scores = Rescore(engine.container.backend()).run(
        result.prompt_ids, [one.token_ids for one in texts]
    )
    np.testing.assert_allclose([one.log_probability for one in texts], scores, atol=1e-3)


def test_one_simulation_is_greedy_decoding(engine):
    greedy = engine.generate(PROMPT, default_mode=True, max_steps=40)
    found = engine.generate(PROMPT, use_mcts=True, mcts_simulations=1, max_steps=40)
    assert found.text == greedy.text


def test_a_shared_cache_takes_at_most_a_fifth_of_the_rows(engine, result):
    default = engine.generate(PROMPT, use_mcts=True, max_steps=12)
    assert default.search.shared <= 0.2
    assert result.search.shared <= 0.2


def test_a_search_is_repeated_by_its_seed(engine, result):
    again = engine.generate(
        PROMPT, use_mcts=True, max_steps=12, mcts_depth=12, selection_threshold=0.05
    )
    assert again.text == result.text
    assert [one.token_ids for one in again.search.texts] == [
        one.token_ids for one in result.search.texts
    ]


def test_a_word_that_greedy_decoding_does_not_say_is_found(engine):
    assert "small" not in engine.generate(PROMPT, default_mode=True, max_steps=8).text
    found = engine.generate(
        PROMPT,
        use_mcts=True,
        max_steps=8,
        mcts_depth=8,
        mcts_simulations=20,
        mcts_words=["small"],
        selection_threshold=0.05,
    )
    assert "small" in found.text
    assert found.search.value == 1.0
