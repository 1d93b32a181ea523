"""Tree search as Python users meet it."""

import json

import pytest

from tempo.application.records.rerun import require_repeatable
from tempo.domain.errors import ContradictionError, IneffectiveSettingError, InvalidValueError
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

SEARCH = {"use_mcts": True, "max_steps": 5, "mcts_depth": 5, "mcts_simulations": 20}


@pytest.fixture(scope="module")
def engine():
    return scripted_engine()


def test_a_search_finds_the_word_that_is_demanded(engine):
    assert engine.generate("Once", max_steps=5).text == " upon a park."
    result = engine.generate("Once", **SEARCH, mcts_words=["garden"])
    assert result.text == " upon a garden."
    assert result.search.value == 1.0
    assert result.bracketed == " upon a [~park/garden]."


def test_a_function_values_texts(engine):
    result = engine.generate("Once", **SEARCH, verifier=lambda text: "garden" in text)
    assert result.text == " upon a garden."


def test_the_best_texts_of_a_search_rank_by_value(engine):
    result = engine.generate(
        "Once", **SEARCH, verifier=lambda text: 0.9 if "garden" in text else 0.2
    )
    found = result.n_best(2)
    assert [(one.text, one.value) for one in found] == [
        (" upon a garden.", 0.9),
        (" upon a park.", 0.2),
    ]
    assert [one.share for one in found] == pytest.approx([0.4, 0.6])
    assert result.n_best(1)[0].share == pytest.approx(1.0)


def test_other_rankings_of_tried_texts_are_refused(engine):
    result = engine.generate("Once", **SEARCH)
    with pytest.raises(IneffectiveSettingError, match="a search ranks texts by value"):
        result.n_best(2, length_penalty=1.0)


def test_failures_of_a_function_are_counted_and_shown(engine):
    result = engine.generate("Once", **SEARCH, verifier=lambda text: 1 / 0)
    assert result.text
    assert result.search.errors == len(result.search.texts)
    assert result.search.error == "ZeroDivisionError: division by zero"
    assert result.as_mapping()["search"]["errors"] == result.search.errors


def test_a_search_streams_settles_and_is_json(engine):
    with engine.stream("Once", **SEARCH, mcts_words=["park"]) as stream:
        events = [type(event).__name__ for event in stream]
    assert events[0] == "RunStarted"
    assert events.count("StepAppended") == 5
    assert stream.result.text == " upon a park."
    document = json.loads(json.dumps(stream.result.as_mapping(2), allow_nan=False))
    assert document["n_best"][0]["value"] == 1.0
    assert document["search"]["simulations"] == stream.result.search.simulations


def test_several_prompts_are_searched_over_shared_passes():
    engine = scripted_engine(FOREVER)
    names = {"use_mcts": True, "max_steps": 6, "seed": 3, "selection_threshold": 0.05}
    prompts = [" a", " b", " c"]
    alone = [engine.generate(prompt, **names) for prompt in prompts]
    together = engine.generate_many(prompts, **names)
    assert [one.best_path_ids for one in together] == [one.best_path_ids for one in alone]
    assert [one.search.texts for one in together] == [one.search.texts for one in alone]


def test_a_searched_lattice_is_kept_replayed_and_gone_on_from(engine, tmp_path):
    result = engine.generate("Once", **SEARCH, mcts_words=["garden"])
    result.lattice.save(tmp_path / "run.json")
    kept = type(result.lattice).open(tmp_path / "run.json")
    assert kept.steps == result.lattice.steps or kept.text == result.text
    park = next(one for one in kept.alternatives(2) if one.text == " park")
    again = engine.resume(kept, 2, park)
    assert again.text == " upon a park."
    assert again.search is not None


def test_a_run_that_a_function_valued_is_no_run_that_can_be_repeated(engine):
    require_repeatable(engine.generate("Once", **SEARCH).lattice)
    result = engine.generate("Once", **SEARCH, verifier=len)
    with pytest.raises(InvalidValueError, match="does not name its settings"):
        require_repeatable(result.lattice)


def test_a_function_without_a_search_is_refused(engine):
    with pytest.raises(IneffectiveSettingError, match="verifier would have no effect"):
        engine.generate("Once", verifier=len)


def test_a_function_beside_words_is_refused(engine):
    with pytest.raises(ContradictionError, match="verifier and mcts_words exclude each other"):
        engine.generate("Once", **SEARCH, mcts_words=["park"], verifier=len)


def test_what_cannot_be_called_is_refused(engine):
    with pytest.raises(InvalidValueError, match="verifier is 'dog'"):
        engine.generate("Once", **SEARCH, verifier="dog")


def test_a_session_moved_by_hand_does_not_search(engine):
    with pytest.raises(IneffectiveSettingError, match="use_mcts would have no effect"):
        engine.session("Once", use_mcts=True)
