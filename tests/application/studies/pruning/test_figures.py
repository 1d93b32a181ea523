import math

import numpy as np
import pytest

from tempo.application.studies.pruning.figures import Ranking, mean_ranking, ranking
from tempo.application.studies.pruning.scores import CHANCE, SCORES, JudgedSet, judged_set
from tests.application.studies.pruning.contexts import MET, prompt, watched

MAX_STEPS = 4
EVEN = np.ones(3)


def judged(truth, leading=0, **scores):
    shown = dict.fromkeys(SCORES, np.ones(len(truth))) | {
        name: np.array(values) for name, values in scores.items()
    }
    return JudgedSet(0, 3, tuple(range(len(truth))), np.array(truth), shown, leading)


def test_best_worst_and_order_are_held_against_the_truth():
    one = judged([0.6, 0.3, 0.1], posterior=[0.5, 0.2, 0.3])
    placed = ranking(one, "posterior", MAX_STEPS)
    assert (placed.best, placed.worst, placed.spearman) == (1.0, 0.0, pytest.approx(0.5))


@pytest.mark.parametrize(
    ("shown", "best", "worst"),
    [
        ([0.4, 0.4, 0.2], 1 / 2, 1.0),
        ([0.4, 0.0, 0.0], 1.0, 1 / 2),
        ([0.2, 0.4, 0.4], 0.0, 0.0),
        ([0.3, 0.3, 0.3], 1 / 3, 1 / 3),
    ],
)
def test_candidates_that_share_a_place_share_its_point(shown, best, worst):
    placed = ranking(judged([0.6, 0.3, 0.1], probability=shown), "probability", MAX_STEPS)
    assert (placed.best, placed.worst) == (best, worst)


def test_chance_has_the_share_of_one_candidate_and_no_order():
    placed = ranking(judged([0.6, 0.3, 0.1]), CHANCE, MAX_STEPS)
    assert (placed.best, placed.worst) == (1 / 3, 1 / 3)
    assert math.isnan(placed.spearman)
    assert math.isnan(placed.keeps_best)


def test_what_a_rule_drops_is_counted_with_its_exact_mass():
    """Under the defaults 0.01 is below the floor; the truth has it for the better of the two."""
    one = judged([0.7, 0.2, 0.1], posterior=[0.9, 0.01, 0.09])
    placed = ranking(one, "posterior", MAX_STEPS)
    assert (placed.keeps_best, placed.drops_worst) == (1.0, 0.0)
    assert placed.dropped == pytest.approx(1 / 3)
    assert placed.dropped_mass == pytest.approx(0.2)
    assert placed.wrong_mass == pytest.approx(0.2 - 0.1)


def test_the_candidate_on_the_leading_path_stays():
    shown = {"attention": [0.0, 0.05, 0.06]}
    away = ranking(judged([0.6, 0.3, 0.1], leading=1, **shown), "attention", MAX_STEPS)
    assert (away.keeps_best, away.dropped) == (0.0, pytest.approx(1 / 3))
    stays = ranking(judged([0.6, 0.3, 0.1], leading=0, **shown), "attention", MAX_STEPS)
    assert (stays.keeps_best, stays.dropped) == (1.0, 0.0)


def test_posterior_and_attention_of_a_run_part_where_best_chains_mislead():
    run = watched(MET, "path", 3, start=prompt(MET).token_ids)
    one = judged_set(run, 0, 2, np.array([0.6, 0.4]))
    assert one.scores["posterior"] == pytest.approx([0.6, 0.4])
    assert one.leading == 0  # e alone comes from a, and its path has 0.3 against 0.24 of b, c
    assert ranking(one, "posterior", MAX_STEPS).best == 1.0
    assert ranking(one, "attention", MAX_STEPS).best == 0.0
    assert ranking(one, "chains", MAX_STEPS).best == 0.0


def test_the_mean_of_a_metric_is_over_the_sets_that_have_it():
    rankings = [
        Ranking(best=1.0, worst=0.0, spearman=math.nan),
        Ranking(best=0.5, worst=0.0, spearman=0.8),
    ]
    means = mean_ranking(rankings)
    assert (means["best"], means["spearman"]) == (0.75, 0.8)
    assert math.isnan(means["keeps_best"])
