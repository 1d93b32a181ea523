"""Tree search by its settings: what it needs, what it excludes, and what comes of it."""

import pytest

from tempo.application.settings.carrying import carried_over
from tempo.application.settings.checking import checked
from tempo.application.settings.conditions import SEARCH, UNSEARCHED
from tempo.application.settings.reading import build_request, read_settings
from tempo.application.settings.settings import Settings
from tempo.domain.errors import ContradictionError, IneffectiveSettingError
from tempo.domain.search.demands import Demands
from tempo.domain.search.likelihood import Likelihood
from tempo.domain.search.plan import Rollout, TreeSearch
from tempo.domain.search.puct import Puct
from tempo.domain.superposition import path_superposition

DEPARTING = {
    "threshold_basis": "leader",
    "superposition": "uniform",
    "sharpness": 3.0,
    "window": 2,
    "visibility": "visible",
    "positions": "consecutive",
    "readout": "best",
    "repetition_penalty": 1.2,
    "stop_on": "any",
    "stop_mass": 0.4,
    "pruning_strategy": "coherence",
    "coherence_threshold": 0.4,
    "retroactive_pruning": "posterior",
    "posterior_floor": 0.1,
    "attention_threshold": 0.1,
    "default_mode": True,
}


def request(**given):
    return build_request(read_settings(given), (1,))


def test_the_defaults_are_those_of_the_documents():
    assert request(use_mcts=True).search == TreeSearch(
        simulations=10,
        depth=5,
        rule=Puct(1.0),
        rollout=Rollout.SAMPLED,
        batch=8,
        rows=None,
        seed=42,
        verifier=Likelihood(),
    )
    assert request().search is None


def test_every_name_reaches_the_search():
    search = request(
        use_mcts=True,
        mcts_simulations=30,
        mcts_c_puct=1.5,
        mcts_depth=8,
        mcts_words=["dog"],
        mcts_pattern="p.rk",
        mcts_rollout="greedy",
        mcts_batch=2,
        mcts_rows=900,
        seed=7,
    ).search
    assert search == TreeSearch(
        30, 8, Puct(1.5), Rollout.GREEDY, 2, 900, 7, Demands.of(["dog"], ["p.rk"])
    )


def test_each_node_of_a_search_sees_its_own_path_alone():
    assert request(use_mcts=True).superposition == path_superposition()


@pytest.mark.parametrize("name", SEARCH)
def test_a_setting_of_the_search_without_one_is_refused(name):
    value = {"mcts_words": ["x"], "mcts_pattern": ["x"], "mcts_rollout": "greedy"}.get(name, 300)
    with pytest.raises(IneffectiveSettingError, match=f"{name} .* needs use_mcts"):
        read_settings({name: value})
    read_settings({name: value, "use_mcts": True})


@pytest.mark.parametrize(("name", "value"), DEPARTING.items())
def test_what_a_search_has_no_use_for_is_refused(name, value):
    with pytest.raises(ContradictionError) as caught:
        read_settings({"use_mcts": True, name: value})
    assert str(caught.value).startswith("use_mcts searches for one path of rows of its own; ")


def test_a_form_is_told_what_has_no_effect_in_a_search():
    needs = dict(checked({"use_mcts": True}, lambda _: None).without_effect)
    assert {needs[name] for name in UNSEARCHED} == {"use_mcts off"}
    assert not set(SEARCH) & needs.keys()
    without = dict(checked({}, lambda _: None).without_effect)
    assert {without[name] for name in SEARCH} == {"use_mcts"}


def test_a_search_goes_on_from_a_run_of_several_hypotheses():
    """What was saved and a search has no use for was not named now, so that it is left out."""
    saved = Settings(superposition="uniform", retroactive_pruning="posterior", max_steps=9)
    assert carried_over(saved, {"use_mcts": True}) == Settings(use_mcts=True, max_steps=9)


def test_greedy_decoding_goes_on_from_a_search():
    saved = Settings(use_mcts=True, mcts_depth=3, max_steps=9)
    assert carried_over(saved, {"default_mode": True}) == Settings(default_mode=True, max_steps=9)


def test_the_mapping_of_a_search_reads_back_equal():
    settings = read_settings({"use_mcts": True, "mcts_words": ["a", "b"], "mcts_rows": 500})
    assert read_settings(settings.as_mapping()) == settings
