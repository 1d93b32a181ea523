"""Weights of several types are held against the first: what they cost, and what they lose."""

import json
import math
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.speed.plan import SpeedPlan
from tempo.application.studies.speed.weights import Loss, Variant, WeightsStudy
from tempo.application.token_scores import ScoredToken
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer

EXACT = Script.of({"": {"a": 0.6, "b": 0.4}, "a": {"b": 0.7, "a": 0.3}, "b": {"a": 1.0}})
ROUNDED = Script.of({"": {"a": 0.6, "b": 0.4}, "a": {"b": 0.4, "a": 0.6}, "b": {"a": 1.0}})
PLAN = SpeedPlan(widths=(1, 2), contexts=(3, 9), batches=(), rounds=3, steps=2)
TEXTS = ["ab", "ba"]


def study(texts=TEXTS):
    variants = {
        "float32": Variant(ScriptedBackend(EXACT, 4_096), 400),
        "int8": Variant(ScriptedBackend(ROUNDED, 4_096), 100),
    }
    return WeightsStudy(variants, ScriptedTokenizer(EXACT), texts)


def test_scores_of_the_same_texts_are_held_against_the_first():
    report = study().run(PLAN, lambda _: None)
    exact, rounded = report.figures
    assert (exact.name, rounded.name) == ("float32", "int8")
    assert exact.loss == Loss(mean=0.0, error=0.0, worst=0.0, same_greedy=1.0)
    lost = math.log(0.7 / 0.4)  # after a; after b both are sure
    assert rounded.loss.mean == pytest.approx(lost / 2)
    assert rounded.loss.worst == pytest.approx(lost)
    assert rounded.loss.same_greedy == 0.5
    assert report.tokens == 2


def test_every_width_is_timed_as_often_as_asked_after_the_shortest_context():
    report = study().run(PLAN, lambda _: None)
    assert report.context == 3
    for one in report.figures:
        assert {width: len(rounds) for width, rounds in one.milliseconds.items()} == {1: 3, 2: 3}


class Heard(ScriptedBackend):
    """A script that says in a list of all when it is fed."""

    def __init__(self, name, turns):
        super().__init__(EXACT, 4_096)
        self.name, self.turns = name, turns

    def extend(self, batch):
        self.turns.append(self.name)
        super().extend(batch)


def test_variants_are_timed_in_turn_and_score_after_that():
    turns = []
    variants = {name: Variant(Heard(name, turns), 1) for name in ("one", "other")}
    plan = SpeedPlan(widths=(1,), contexts=(3,), batches=(), rounds=2, steps=3)
    WeightsStudy(variants, ScriptedTokenizer(EXACT), ["aba"] * 2).run(plan, lambda _: None)
    assert [name for name, _ in groupby(turns)] == ["one", "other"] * 4


@given(st.lists(st.floats(-9, 0), min_size=2, max_size=20), st.floats(-1, 1))
def test_what_all_tokens_lose_alike_is_the_mean_and_the_worst(scores, lost):
    before = [ScoredToken(3, score, ((3, score),)) for score in scores]
    after = [ScoredToken(3, score - lost, ((4, score),)) for score in scores]
    loss = Loss.between(before, after)
    assert loss.mean == pytest.approx(lost, abs=1e-9)
    assert loss.worst == pytest.approx(abs(lost), abs=1e-9)
    assert loss.error == pytest.approx(0.0, abs=1e-9)
    assert loss.same_greedy == 0.0
    assert Loss.between(after, before).mean == pytest.approx(-lost, abs=1e-9)


def test_the_document_holds_every_round_and_every_loss():
    report = study().run(PLAN, lambda _: None)
    told = json.loads(json.dumps(report.document()))
    first, second = told["types"]
    assert (first["weights"], first["weight_bytes"]) == ("float32", 400)
    assert [one["width"] for one in second["steps"]] == [1, 2]
    assert len(second["steps"][0]["rounds"]) == 3
    median = report.figures[1].median(2)
    assert second["steps"][1]["of_first"] == median / report.figures[0].median(2)
    assert second["loss"]["worst"] == report.figures[1].loss.worst
    assert told["scored_tokens"] == 2


def test_too_little_text_is_refused():
    with pytest.raises(InvalidValueError, match="have 1 tokens to score; give at least 2"):
        study(["ab"]).run(PLAN, lambda _: None)
