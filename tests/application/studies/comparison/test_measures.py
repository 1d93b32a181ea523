import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.comparison.figures import (
    COSTS,
    METRICS,
    QUALITIES,
    AskedPrompt,
    Cell,
    Figures,
    Setting,
)
from tempo.application.studies.comparison.grading import Grade
from tempo.application.studies.comparison.measures import measured
from tempo.application.studies.comparison.outcomes import Continuation, Cost, MethodOutcome
from tempo.application.studies.comparison.report import MeasuringPlan
from tempo.domain.errors import InvalidValueError
from tests.strategies import comparisons, seeds

ONE, THREE = Setting(1, 4), Setting(3, 4)
GREEDY = MeasuringPlan("greedy", seed=1)
COST = Cost(4, 9, 30, 2.5, 1000)


def text(words, log_probability=-2.0, tokens=4, **other):
    told = {"posterior": None, "is_finished": False} | other
    return Continuation(tuple(range(tokens)), words, log_probability, **told)


def outcome(*texts):
    return MethodOutcome(texts, COST)


def one_prompt(*texts, setting=THREE, references=(), plan=GREEDY, grader=None):
    cell = Cell("greedy", setting)
    report = measured({cell: [outcome(*texts)]}, [AskedPrompt("Once", references)], plan, grader)
    return report.figures[cell][0]


@dataclass
class LetterGrader:
    """Each letter costs a nat; a space is no token."""

    name: str = "letters"
    asked: list = field(default_factory=list)

    def grade(self, prompt, texts):
        self.asked.append((prompt, tuple(texts)))
        return [Grade(-float(len(one)), len(one.replace(" ", ""))) for one in texts]


def test_the_best_text_has_the_highest_log_probability_per_token():
    found = one_prompt(text("a", -8.0, 4), text("b", -3.0, 1), text("c", -3.0, 2))
    assert found.best_log_probability == -1.5
    assert found.mean_log_probability == pytest.approx((-2.0 - 3.0 - 1.5) / 3)
    assert (found.texts, found.tokens) == (3, pytest.approx(7 / 3))


def test_a_text_without_tokens_has_no_log_probability_per_token():
    found = one_prompt(text("", 0.0, 0, is_finished=True), text("b", -3.0, 2))
    assert (found.best_log_probability, found.mean_log_probability) == (-1.5, -1.5)
    assert found.finished == 0.5
    none = one_prompt()
    assert math.isnan(none.best_log_probability)
    assert (none.texts, none.unique) == (0, 0.0)


def test_a_grader_reads_each_text_once_and_counts_its_own_tokens():
    grader = LetterGrader()
    found = one_prompt(text("a dog"), text("cat"), text("a dog"), grader=grader)
    assert grader.asked == [("Once", ("a dog", "cat"))]
    assert found.grader_best_log_probability == -1.0
    assert found.grader_mean_log_probability == pytest.approx((-1.25 - 1.0 - 1.25) / 3)
    without = one_prompt(text("a dog"))
    assert math.isnan(without.grader_best_log_probability)


def test_answers_are_those_of_the_first_text_and_coverage_that_of_any():
    found = one_prompt(text("The garden, then"), text("park"), references=("the park", "Garden"))
    assert (found.coverage, found.exact_match, found.normalised_match) == (1.0, 0.0, 1.0)
    found = one_prompt(text("a lake"), text("the park. Then"), references=("the park",))
    assert (found.coverage, found.exact_match, found.normalised_match) == (1.0, 0.0, 0.0)
    found = one_prompt(text("the park. Then"), references=("the park",))
    assert (found.coverage, found.exact_match, found.normalised_match) == (1.0, 1.0, 1.0)
    whole = replace(GREEDY, whole_answers=True)
    found = one_prompt(text("the park. Then"), references=("the park",), plan=whole)
    assert (found.coverage, found.exact_match, found.normalised_match) == (0.0, 0.0, 0.0)
    assert one_prompt(references=("park",)).coverage == 0.0
    assert math.isnan(one_prompt(text("the park")).coverage)


def test_all_methods_are_judged_by_as_many_words_as_the_shortest_long_enough_text_has():
    """Two words at four steps: one of a single word shortens none."""
    outcomes = {
        Cell("greedy", THREE): [outcome(text("a b c a b c"), text("x"))],
        Cell("beam", THREE): [outcome(text("a b c"), text("a b c"))],
    }
    report = measured(outcomes, [AskedPrompt("Once")], GREEDY)
    greedy, beam = (rows[0] for rows in report.figures.values())
    assert (greedy.words, beam.words) == (3, 3)
    assert greedy.distinct_1 == 1.0  # a b c, x
    assert (beam.distinct_1, beam.distinct_2, beam.self_bleu) == (0.5, 0.5, pytest.approx(100.0))
    assert (beam.unique, greedy.unique) == (1 / 3, 2 / 3)


def test_one_text_of_several_asked_for_has_no_diversity_of_its_own():
    alone = one_prompt(text("a b a b"), setting=THREE)
    assert math.isnan(alone.distinct_1)
    assert math.isnan(alone.compression_ratio)
    assert alone.repetition == 0.0
    asked = one_prompt(text("a b a b"), setting=ONE)
    assert asked.distinct_1 == 0.5
    assert math.isnan(asked.self_bleu)


def test_costs_are_those_of_the_outcome():
    found = one_prompt(text("a"))
    assert tuple(getattr(found, name) for name in COSTS) == (4.0, 9.0, 30.0, 2.5, 1000.0)


def test_metrics_have_their_parts():
    assert QUALITIES == (
        "best_log_probability", "mean_log_probability", "grader_best_log_probability",
        "grader_mean_log_probability", "coverage", "exact_match", "normalised_match",
    )  # fmt: skip
    assert COSTS == (
        "forward_passes", "token_rows", "cache_row_reads", "milliseconds", "peak_bytes",
    )  # fmt: skip


@given(comparisons())
def test_shares_are_shares_and_log_probabilities_at_most_nothing(found):
    outcomes, prompts = found
    for rows in measured(outcomes, prompts, GREEDY, LetterGrader()).figures.values():
        for one in rows:
            for name in (
                "unique", "finished", "distinct_1", "distinct_2", "distinct_3", "repetition",
                "coverage", "exact_match", "normalised_match",
            ):  # fmt: skip
                value = getattr(one, name)
                assert math.isnan(value) or 0.0 <= value <= 1.0
            assert not one.best_log_probability > 0
            assert not one.mean_log_probability > one.best_log_probability
            assert not one.exact_match > one.normalised_match
            assert not one.normalised_match > one.coverage


def same(one, other):
    return all(
        left == right or (math.isnan(left) and math.isnan(right))
        for left, right in zip(one, other, strict=True)
    )


def values(figures: Figures):
    return [getattr(figures, name) for name in METRICS]


@given(comparisons(), seeds)
def test_the_order_of_prompts_and_methods_changes_no_figure(found, seed):
    outcomes, prompts = found
    order = np.random.default_rng(seed).permutation(len(prompts)).tolist()
    moved = measured(
        {cell: [rows[place] for place in order] for cell, rows in reversed(outcomes.items())},
        [prompts[place] for place in order],
        GREEDY,
    )
    report = measured(outcomes, prompts, GREEDY)
    for cell, rows in report.figures.items():
        for place, figures in zip(order, moved.figures[cell], strict=True):
            assert same(values(rows[place]), values(figures))
        for name in METRICS:
            one, other = (found.estimates[cell][name].value for found in (report, moved))
            assert one == pytest.approx(other, nan_ok=True)


@pytest.mark.parametrize(
    ("outcomes", "prompts", "reference", "message"),
    [
        ({}, 1, "greedy", "nothing to measure; give at least one prompt and one method"),
        ({Cell("greedy", ONE): []}, 0, "greedy", "nothing to measure"),
        ({Cell("greedy", ONE): [outcome()]}, 2, "greedy",
         "greedy has 1 outcomes for 2 prompts; give one each"),
        ({Cell("greedy", ONE): [outcome()], Cell("beam", THREE): [outcome()]}, 1, "greedy",
         "the reference method 'greedy' has no texts for 3 of 4 steps; name one of greedy, beam"),
        ({Cell("greedy", ONE): [outcome(text("a", -math.inf))]}, 1, "greedy",
         "greedy gave prompt 0 a text of log-probability -inf; it must be finite"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused_in_a_sentence(outcomes, prompts, reference, message):
    with pytest.raises(InvalidValueError) as caught:
        measured(outcomes, [AskedPrompt("Once")] * prompts, MeasuringPlan(reference))
    assert message in str(caught.value)


@given(st.floats(-5, -0.1), st.integers(1, 9))
def test_a_log_probability_per_token_is_the_whole_over_the_tokens(log_probability, tokens):
    found = one_prompt(text("a", log_probability, tokens))
    assert found.best_log_probability * tokens == pytest.approx(log_probability)
