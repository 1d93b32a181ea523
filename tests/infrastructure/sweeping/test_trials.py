"""Optuna's suggestions: the same for the same past, within their spaces."""

import sys

import optuna
import pytest

from tempo.application.sweeps.spaces import Choice, Interval
from tempo.application.sweeps.spec import SearchSpec
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.sweeping.trials import OptunaSuggestions

SPACES = {
    "selection_threshold": Interval(0.01, 0.5, log=True),
    "max_width": Interval(2, 8),
    "superposition": Choice(("path", "lineage")),
}


def search(seed=3, at_once=2, direction="maximize"):
    return SearchSpec(
        figure="mean_log_probability",
        direction=direction,
        trials=30,
        at_once=at_once,
        seed=seed,
        spaces=SPACES,
    )


def suggested(folder, spec, trials=30):
    """Choose and judge trials as a search does; wide ones fail, high thresholds are best."""
    suggestions, found = OptunaSuggestions(spec, folder), []
    for first in range(0, trials, spec.at_once):
        batch = [suggestions.ask(number) for number in range(first, first + spec.at_once)]
        for number, point in enumerate(batch, start=first):
            failed = point["max_width"] == 8
            suggestions.tell(number, None if failed else point["selection_threshold"])
        found += batch
    return found


def test_values_are_of_their_spaces_and_kinds(tmp_path):
    found = suggested(tmp_path, search())
    assert {type(point["max_width"]) for point in found} == {int}
    assert all(2 <= point["max_width"] <= 8 for point in found)
    assert all(0.01 <= point["selection_threshold"] <= 0.5 for point in found)
    assert {point["superposition"] for point in found} == {"path", "lineage"}


def test_the_same_past_gives_the_same_trials_and_another_seed_others(tmp_path):
    first = suggested(tmp_path, search())
    assert suggested(tmp_path, search()) == first
    assert suggested(tmp_path, search(seed=4)) != first


def test_a_search_that_goes_on_chooses_what_an_unbroken_one_would(tmp_path):
    whole = suggested(tmp_path, search())
    broken = suggested(tmp_path, search(), trials=14)
    assert broken == whole[:14]
    assert suggested(tmp_path, search()) == whole


def test_it_learns(tmp_path):
    found = [point["selection_threshold"] for point in suggested(tmp_path, search(at_once=1))]
    assert sum(found[20:]) / 10 > 2 * sum(found[:10]) / 10


def test_optuna_reads_what_was_tried(tmp_path):
    suggested(tmp_path, search(), trials=6)
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "trials.log"))
    study = optuna.load_study(
        storage=optuna.storages.journal.JournalStorage(backend), study_name="tempo sweep"
    )
    assert len(study.trials) == 6
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE


def test_without_optuna_one_sentence_says_how_it_is_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InvalidValueError) as told:
        OptunaSuggestions(search(), tmp_path)
    assert str(told.value) == (
        'a search needs optuna, which is not installed here: pip install "tempo-decoding[sweep]"'
    )
