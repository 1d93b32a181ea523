"""Every method is timed in turn, and what fails is told and left out."""

import json

import pytest

from tempo.application.decoding.many import GenerateMany
from tempo.application.studies.speed.document import speed_document
from tempo.application.studies.speed.methods import Timing
from tempo.application.studies.speed.plan import SpeedPlan
from tempo.application.studies.speed.report import GREEDY, Memory
from tempo.application.studies.speed.study import SpeedStudy
from tempo.infrastructure.batching.shared_passes import SharedPasses
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer

SCRIPT = Script.of({"": {"a": 0.6, "b": 0.4}, "a": {"b": 0.7, "a": 0.3}, "b": {"a": 1.0}})
MEMORY = Memory(weight_bytes=1_000, row_bytes=10, bandwidth=1e6, peak_bytes=5)
PLAN = SpeedPlan(widths=(1, 2), contexts=(4, 7), batches=(1, 2), batch_width=2, rounds=3, steps=2)


class Counting:
    """A method that tells what it was asked, and fails when it is told to."""

    def __init__(self, name, chosen=(), fails_at=None):
        self.name, self.chosen, self.fails_at = name, chosen, fails_at
        self.asked = []

    def begin(self, prompt):
        self.asked.append(len(prompt))

    def time(self, steps):
        self.asked.append("time")
        if self.asked.count("time") == self.fails_at:
            raise RuntimeError("no compiler\nand a trace")
        return Timing(float(self.asked.count("time")))

    def end(self):
        self.asked.append("end")


def study(*baselines):
    backend, tokenizer = ScriptedBackend(SCRIPT, 4_096), ScriptedTokenizer(SCRIPT)
    shared = SharedPasses(backend)
    many = GenerateMany(shared, shared, tokenizer)
    return SpeedStudy(backend, tokenizer, baselines, many, lambda: MEMORY)


def test_each_method_is_timed_once_a_round_and_the_first_round_is_thrown_away():
    greedy = Counting(GREEDY)
    report = study(greedy).run(PLAN)
    assert greedy.asked == [4, *["time"] * 4, "end", 7, *["time"] * 4, "end"]
    assert [one.total for one in report.of(4, GREEDY).timings] == [2.0, 3.0, 4.0]
    assert report.of(4, GREEDY).median == 3.0
    assert [one.method for one in report.figures] == [GREEDY, "width 1", "width 2"] * 2
    for one in report.figures:
        assert len(one.timings) == 3


def test_the_parts_of_a_step_are_the_step():
    report = study().run(PLAN)
    for timing in report.of(7, "width 2").timings:
        assert timing.model > 0
        assert timing.extraction > 0
        assert timing.domain > 0
        assert timing.model + timing.extraction + timing.domain == pytest.approx(timing.total)


def test_methods_are_held_against_greedy_and_the_floor_of_their_context():
    report = study(Counting(GREEDY)).run(PLAN)
    step = report.of(7, "width 2")
    assert report.of_greedy(step) == step.median / report.of(7, GREEDY).median
    assert report.floor(step) == pytest.approx(1.07)
    assert study().run(PLAN).of_greedy(step) is None


def test_a_baseline_that_fails_is_told_and_left_out_of_what_follows():
    failing = Counting("compiled", fails_at=2)
    report = study(Counting(GREEDY), failing).run(PLAN)
    assert report.failed == {"compiled": "RuntimeError: no compiler"}
    assert report.of(4, "compiled") is None
    assert failing.asked == [4, "time", "time", "end"]


def test_what_goes_through_the_prompt_each_time_is_left_out_after_long_ones():
    beam, greedy = Counting("beam"), Counting(GREEDY)
    plan = SpeedPlan(widths=(1,), contexts=(4, 1_100), batches=(), rounds=1, steps=1)
    report = study(greedy, beam).run(plan)
    assert report.of(4, "beam") is not None
    assert report.of(1_100, "beam") is None
    assert report.of(1_100, GREEDY) is not None


def test_width_1_is_held_against_the_tokens_of_greedy():
    assert study().run(PLAN).same_tokens is None
    assert study(Counting(GREEDY, chosen=(99,))).run(PLAN).same_tokens is False
    right = [
        token
        for token in range(len(SCRIPT.vocabulary))
        if study(Counting(GREEDY, chosen=(token,))).run(PLAN).same_tokens
    ]
    assert len(right) == 1


def test_prompts_at_once_are_counted_together():
    report = study().run(PLAN)
    assert list(report.batches) == [1, 2]
    assert all(len(rounds) == 3 for rounds in report.batches.values())
    assert report.steps_a_second(2) > 0


def test_the_document_holds_every_round():
    report = study(Counting(GREEDY)).run(PLAN)
    told = json.loads(json.dumps(speed_document(report, {"command": "tempo bench"})))
    assert told["command"] == "tempo bench"
    assert told["plan"]["widths"] == [1, 2]
    assert [one["method"] for one in told["methods"]] == [one.method for one in report.figures]
    assert told["methods"][0]["rounds"][0]["total"] == 2.0
    assert told["prompts_at_once"][1]["prompts"] == 2


def test_progress_hears_what_comes_next():
    heard = []
    study(Counting(GREEDY)).run(PLAN, heard.append)
    assert heard[0] == "4 tokens, transformers, greedy: prompt"
    assert "7 tokens, width 2: round 3 of 3" in heard
    assert heard[-1] == "2 prompts at once: round 3 of 3"
