"""A sweep's file: what it means, and the sentence on what is wrong with it."""

import pytest

from tempo.application.batches.plan import Chat
from tempo.application.n_best import Ranking
from tempo.application.sweeps.reading import asked_sweep
from tempo.application.sweeps.spaces import Choice, Interval
from tempo.application.sweeps.spec import SearchSpec, SweepSpec, Taken
from tempo.application.workers.models import NamedModel
from tempo.domain.errors import TempoError

SPACES = {"selection_threshold": {"low": 0.01, "high": 0.5}}


def asked(**held):
    return asked_sweep("sweep.toml", {"prompts": ["Once"], **held})


def search(**held):
    return asked(search={"settings": SPACES, **held})


def test_a_file_that_says_everything():
    found = asked_sweep(
        "sweep.toml",
        {
            "models": ["embedded", {"model": "a/folder", "dtype": "bfloat16", "offline": True}],
            "prompts": "prompts.jsonl",
            "settings": {"superposition": ["path", "lineage"], "max_steps": 12},
            "n_best": 3,
            "sample": 2,
            "length_penalty": 1,
            "diverse": 0.5,
            "system": "Be brief.",
            "chat": True,
            "enable_thinking": True,
        },
    )
    assert found.prompts == "prompts.jsonl"
    assert found.spec == SweepSpec(
        models=(NamedModel(), NamedModel(model="a/folder", dtype="bfloat16", offline=True)),
        axes={"superposition": ("path", "lineage"), "max_steps": (12,)},
        taken=Taken(
            texts=3,
            ranking=Ranking(1.0, 0.5),
            samples=2,
            chat=Chat("Be brief.", chat=True, enable_thinking=True),
        ),
    )
    assert list(found.spec.points()) == [
        {"superposition": "path", "max_steps": 12},
        {"superposition": "lineage", "max_steps": 12},
    ]


def test_a_file_that_says_as_little_as_may_be():
    found = asked()
    assert found.prompts == ("Once",)
    assert found.spec == SweepSpec()
    assert list(found.spec.points()) == [{}]


def test_a_search_says_what_it_is_for():
    found = search(
        metric="token_rows",
        trials=9,
        at_once=3,
        seed=5,
        settings={
            "selection_threshold": {"low": 0.01, "high": 0.5, "log": True},
            "max_width": {"low": 2, "high": 8},
            "superposition": ["path", "lineage"],
        },
    )
    assert found.spec.search == SearchSpec(
        figure="token_rows",
        direction="minimize",
        trials=9,
        at_once=3,
        seed=5,
        spaces={
            "selection_threshold": Interval(0.01, 0.5, log=True),
            "max_width": Interval(2, 8),
            "superposition": Choice(("path", "lineage")),
        },
    )


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"prompts": []}, "it has no prompts; name a file of them, or give a list of texts"),
        ({"prompts": [1]}, "prompts holds a number; it must hold texts alone"),
        ({"setings": {}}, "setings is no key of a sweep; did you mean settings?"),
        ({"n_best": "3"}, "n_best is a string; it must be a number"),
        ({"n_best": True}, "n_best is true or false; it must be a number"),
        ({"n_best": 0}, "n_best is 0; it must be from 1 to 100000"),
        ({"models": 3}, "models is a number; it must be a list or a string"),
        ({"models": []}, "models is none; give at least one, and each of them once"),
        ({"models": ["a", "a"]}, "models is a, a; give at least one, and each of them once"),
        (
            {"models": [{"modell": "a"}]},
            "models.modell is no key of a sweep; did you mean model?",
        ),
        ({"models": [3]}, "models holds a number; each must be a name, or an object with 'model'"),
        (
            {"settings": {"max_steps": []}},
            "the setting max_steps has no values; give at least one, or leave it out",
        ),
        (
            {"settings": {"selection_threshold": [0.1, 0.2, 0.10]}},
            "the setting selection_threshold has 0.1 twice; give each of its values once",
        ),
        (
            {"settings": {"max_step": 3}},
            "there is no setting 'max_step'; did you mean max_steps?",
        ),
        (
            {"settings": {"superposition": ["lineage", "path"], "sharpness": 3}},
            "settings 2 of 2: sharpness 3.0 would have no effect",
        ),
    ],
)
def test_what_is_wrong_is_named(held, said):
    with pytest.raises(TempoError) as told:
        asked(**held)
    assert str(told.value).startswith(f"sweep.toml: {said}")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"trials": 0}, "trials is 0; it must be from 1 to 100000"),
        ({"trials": 3, "at_once": 4}, "at_once is 4; it must be from 1 to 3, the trials"),
        ({"metric": "beauty"}, "metric is 'beauty'; it must be one of mean_log_probability, "),
        ({"direction": "up"}, "direction is 'up'; it must be maximize or minimize"),
        ({"settings": {}}, "the search has no settings; give at least one under search.settings"),
        ({"trial": 3}, "search.trial is no key of a sweep; did you mean trials?"),
        (
            {"settings": {"max_width": {"low": 8, "high": 2}}},
            "search.settings.max_width: it goes from 8 to 2; low must be less than high",
        ),
        (
            {"settings": {"max_width": {"low": 0, "high": 2, "log": True}}},
            "search.settings.max_width: its low is 0; on a logarithmic scale it must be above 0",
        ),
        (
            {"settings": {"max_width": [8]}},
            "search.settings.max_width: it has fewer than two values; give several, or set it",
        ),
        (
            {"settings": {"max_width": 8}},
            "search.settings.max_width is a number; it must be a list of values, or low and high",
        ),
        (
            {"settings": {"max_width": {"low": 1, "high": 2, "step": 1}}},
            "search.settings.max_width.step is no key of a sweep; there are low, high, log",
        ),
        (
            {"settings": {"max_widht": {"low": 1, "high": 2}}},
            "there is no setting 'max_widht'; did you mean max_width?",
        ),
        (
            {"settings": {"max_width": {"low": 1.5, "high": 2.5}}},
            "max_width is 1.5; it must be a whole number",
        ),
    ],
)
def test_what_is_wrong_with_a_search_is_named(held, said):
    with pytest.raises(TempoError) as told:
        search(**held)
    assert str(told.value).startswith(f"sweep.toml: {said}")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (
            {"models": ["a", "b"]},
            "a search is over one model, and there are 2; leave one",
        ),
        (
            {"settings": {"selection_threshold": 0.1}},
            "selection_threshold is under settings and under search.settings; leave one out",
        ),
        (
            {"settings": {"max_steps": [3, 4]}},
            "max_steps has 2 values beside a search; give one, or name it under search.settings",
        ),
    ],
)
def test_what_a_search_cannot_be_over_is_named(held, said):
    with pytest.raises(TempoError) as told:
        asked(search={"settings": SPACES}, **held)
    assert str(told.value) == f"sweep.toml: {said}"
