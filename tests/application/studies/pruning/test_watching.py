"""What a run's candidates received is what the engine's own judgement would be shown."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.decoding.run import DecodingRun
from tempo.application.studies.fidelity.rule import rule_of
from tempo.application.studies.pruning.scores import ATTENTION_SCORES, judged_set
from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.pruning.retroactive import RetroactivePruning
from tempo.domain.pruning.verdict import Verdict
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.application.studies.pruning.contexts import END, MET, START, prompt, watched
from tests.strategies import seeds

SETS = 5


@dataclass
class Listening:
    """A rule that takes down what it is shown and lets everything stay."""

    shown: dict = field(default_factory=dict)
    capture: Capture = field(default_factory=lambda: Capture(received=(LayerWeights(),)))
    decay: float = 1.0

    def verdicts(self, evidence, step, max_steps):
        self.shown[step] = evidence
        return tuple(Verdict("listening", 0.0, 0.0, 1.0) for _ in evidence.posterior)


def shown_to_a_rule(script, superposition, lag):
    """What the engine shows a rule at each step of a run, release and all."""
    rule = Listening()
    request = rule_of({"superposition": superposition}).request(START, END, 0.1, 3, SETS)
    request = replace(
        request,
        retroactive=RetroactivePruning(rule, lag=lag),
        rules=replace(request.rules, capture=rule.capture),
    )
    run = DecodingRun(ScriptedBackend(script), ScriptedTokenizer(script), request)
    for _ in range(SETS):
        run.advance()
    return rule.shown


@settings(max_examples=40)
@given(seeds, st.sampled_from(["lineage", "path", "marginal", "uniform"]), st.integers(2, SETS - 1))
def test_scores_are_what_the_engine_shows_its_rules(seed, superposition, lag):
    script = Script.random(seed, tokens=5, order=2)
    run = watched(script, superposition, SETS)
    for newest, evidence in shown_to_a_rule(script, superposition, lag).items():
        step = newest - lag
        truth = evidence.posterior  # any
        scores = judged_set(run, step, newest, truth).scores
        assert scores["posterior"] == pytest.approx(evidence.posterior)
        assert scores["attention"] == pytest.approx(evidence.attention)


@settings(max_examples=20)
@given(seeds)
def test_what_received_no_attention_under_path_has_no_chain_through_it(seed):
    run = watched(Script.random(seed, tokens=5, order=2), "path", SETS)
    for newest in range(2, SETS):
        for step in range(newest - 1):
            attention = run.received(step, newest, 0, weighted=True)
            assert ((attention > 0) == (run.descending(step, newest) > 0)).all()


def test_rows_count_by_their_weight_or_alike():
    """The rows of c, e and d see P, one ancestor each and themselves, a third each."""
    run = watched(MET, "path", 3, start=prompt(MET).token_ids)
    names = [[one.text for one in step.token_set.members] for step in run.steps]
    assert names == [["a", "b"], ["c", "e", "d"], ["x"]]
    received = {name: score.of(run, 0, 2) for name, score in ATTENTION_SCORES.items()}
    assert received["attention"] == pytest.approx([0.3 / 3, 0.7 / 3])
    assert received["attention, last three layers"] == pytest.approx([0.3 / 3, 0.7 / 3])
    assert received["attention, rows alike"] == pytest.approx([1 / 9, 2 / 9])
    assert run.descending(0, 2) == pytest.approx([0.3, 0.7])


def test_next_rows_alone_are_those_of_the_step_just_after():
    run = watched(Script.random(3, tokens=5, order=2), "uniform", SETS)
    nearest = ATTENTION_SCORES["attention, next rows only"].of(run, 0, 4)
    assert nearest == pytest.approx(run.weights(1) @ run.given[1][0][0])
    every = ATTENTION_SCORES["attention"].of(run, 0, 4)
    passes = [run.weights(later) @ run.given[later][0][0] for later in (1, 2, 3)]
    assert every == pytest.approx(sum(passes) / 3)
    assert every != pytest.approx(nearest)
