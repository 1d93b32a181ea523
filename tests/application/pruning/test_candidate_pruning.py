import numpy as np
import pytest

from tempo.application.pruning.candidates import (
    CONTEXT,
    CandidateJudge,
    CandidateJudgement,
    CandidateSet,
)
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.pruning.coherence import CoherenceDefinition, CoherencePruning
from tempo.domain.pruning.diversity import DiversityPruning
from tempo.domain.pruning.hybrid import HybridPruning
from tempo.domain.pruning.judged_sets import JudgedSets
from tempo.domain.schedule import BezierThreshold, ConstantThreshold
from tests.fakes.attention_source import ToldAttention
from tests.fakes.clustering import LeaderClustering

HALF = ConstantThreshold(0.5)
COHERENCE = CoherencePruning(HALF)
EMBEDDING = CoherencePruning(HALF, CoherenceDefinition.EMBEDDING)
DIVERSITY = DiversityPruning(2)

THREE = CandidateSet(
    step=4,
    token_ids=(7, 8, 9),
    probabilities=np.array([0.5, 0.3, 0.2]),
    context=(1, 2, 3),
    weights=(0.75, 0.25),
)
# 8 and 9 are close to each other
DISTANCES = [[0.0, 5.0, 5.0], [5.0, 0.0, 1.0], [5.0, 1.0, 0.0]]
ROWS = {"attention": [0.1, 0.2, 0.4], "distances": DISTANCES}


@pytest.fixture
def clustering():
    return LeaderClustering()


@pytest.fixture
def judge_by(clustering):
    return lambda strategy, max_steps=10: CandidateJudge(strategy, clustering, max_steps)


def kept(judgement):
    return [not verdict.prunes for verdict in judgement.verdicts]


# One candidate ----------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", [COHERENCE, EMBEDDING, DIVERSITY, HybridPruning()])
@pytest.mark.parametrize("count", [0, 1])
def test_a_set_of_one_candidate_is_never_judged_and_costs_nothing(
    judge_by, clustering, strategy, count
):
    judge, session, judged = judge_by(strategy), ToldAttention(), JudgedSets(3)
    alone = CandidateSet(4, (7,) * count, np.ones(count))

    assert judge.rule(count, judged) is None
    assert judge.judge(alone, session, judged) == CandidateJudgement((), judged)
    assert session.calls == []
    assert clustering.asked == []


# Rows that were fed -----------------------------------------------------------------------------


def test_coherence_sees_the_attention_of_the_candidates_rows_after_they_were_fed(
    judge_by, clustering
):
    judge, session = judge_by(COHERENCE), ToldAttention(**ROWS)

    assert judge.rule(3, JudgedSets()).feeds
    assert kept(judge.judge(THREE, session, JudgedSets())) == [False, False, True]
    assert session.calls == ["traits"]
    assert clustering.asked == []


def test_diversity_sees_the_clusters_of_the_candidates_rows_after_they_were_fed(
    judge_by, clustering
):
    judge, session = judge_by(DIVERSITY), ToldAttention(**ROWS)

    assert judge.rule(3, JudgedSets()).feeds
    assert kept(judge.judge(THREE, session, JudgedSets())) == [True, True, False]
    assert session.calls == ["traits"]
    assert clustering.asked == [(DISTANCES, 2)]


def test_only_the_number_of_clusters_changes_who_stays(judge_by):
    def stays(clusters):
        judge = judge_by(DiversityPruning(clusters))
        return kept(judge.judge(THREE, ToldAttention(**ROWS), JudgedSets()))

    assert [stays(1), stays(2), stays(3), stays(4)] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
        [True, True, True],
    ]


def test_each_verdict_tells_the_probability_that_diversity_went_by(judge_by):
    judgement = judge_by(DIVERSITY).judge(THREE, ToldAttention(**ROWS), JudgedSets())

    assert [(one.score, one.threshold) for one in judgement.verdicts] == [
        (0.5, 0.5),
        (0.3, 0.3),
        (0.2, 0.3),
    ]


# Rows before ------------------------------------------------------------------------------------


def test_coherence_by_embedding_looks_at_the_rows_before_and_feeds_nothing(judge_by, clustering):
    judge = judge_by(EMBEDDING)
    session = ToldAttention({7: 0.1, 8: 0.3, 9: 0.2}, focus=[0.9, 0.5])

    assert not judge.rule(3, JudgedSets()).feeds
    judgement = judge.judge(THREE, session, JudgedSets())

    assert [one.score for one in judgement.verdicts] == pytest.approx([0.0, 0.8, 0.4])
    assert kept(judgement) == [False, True, False]
    assert sorted(session.calls, key=str) == [("similarity", (7, 8, 9), (1, 2, 3)), "traits"]
    assert clustering.asked == []


def test_the_weights_of_the_rows_before_say_whose_focus_counts(judge_by):
    def best_score(weights):
        session = ToldAttention({7: 0.1, 8: 0.3, 9: 0.2}, focus=[0.9, 0.5])
        shown = CandidateSet(4, THREE.token_ids, THREE.probabilities, (1,), weights)
        return max(
            one.score for one in judge_by(EMBEDDING).judge(shown, session, JudgedSets()).verdicts
        )

    assert best_score((1.0, 0.0)) == pytest.approx(0.9)
    assert best_score((0.0, 1.0)) == pytest.approx(0.5)


def test_the_recent_context_is_the_last_twenty_tokens(judge_by):
    session = ToldAttention({7: 0.1, 8: 0.3, 9: 0.2}, focus=[1.0])
    shown = CandidateSet(4, THREE.token_ids, THREE.probabilities, tuple(range(50)), (1.0,))

    judge_by(EMBEDDING).judge(shown, session, JudgedSets())

    assert CONTEXT == 20
    assert ("similarity", (7, 8, 9), tuple(range(30, 50))) in session.calls


# What the run keeps -----------------------------------------------------------------------------


def test_hybrid_counts_the_judged_sets_and_a_mark_takes_the_count_back(judge_by):
    judge = judge_by(HybridPruning(DIVERSITY, COHERENCE, steps=2))

    def rule_of(judged):
        return judge.judge(THREE, ToldAttention(**ROWS), judged).verdicts[0].rule

    judged = [JudgedSets()]
    for _ in range(3):
        judged.append(judge.judge(THREE, ToldAttention(**ROWS), judged[-1]).judged)

    assert list(map(rule_of, judged)) == ["diversity", "diversity", "coherence", "coherence"]
    assert rule_of(judged[1]) == "diversity"  # what a run that went back to its mark asks for


def test_hybrid_feeds_for_as_long_as_its_turn_says_so(judge_by):
    judge = judge_by(HybridPruning(DIVERSITY, EMBEDDING, steps=2))

    assert [judge.rule(3, JudgedSets(count)).feeds for count in range(4)] == [
        True,
        True,
        False,
        False,
    ]


def test_more_clusters_than_candidates_are_a_note_and_nobody_goes(judge_by):
    judge = judge_by(DiversityPruning(5))

    first = judge.judge(THREE, ToldAttention(**ROWS), JudgedSets())
    second = judge.judge(THREE, ToldAttention(**ROWS), first.judged)

    assert kept(first) == [True, True, True]
    assert len(second.judged.notes) == 1
    assert "diversity_clusters is 5; 2 of the 2 sets" in second.judged.notes[0]


def test_the_threshold_is_that_of_the_sets_own_step_and_the_runs_length(judge_by):
    moving = CoherencePruning(BezierThreshold(0.0, 1.0, 1 / 3, 2 / 3))

    def threshold(max_steps):
        found = judge_by(moving, max_steps).judge(THREE, ToldAttention(**ROWS), JudgedSets())
        return found.verdicts[0].threshold

    assert threshold(5) == pytest.approx(1.0)
    assert threshold(9) == pytest.approx(0.5)


# Broken rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "told", "step"),
    [
        (COHERENCE, {"attention": [0.1, np.nan, 0.3]}, 5),
        (DIVERSITY, {"distances": [[0.0, np.inf, 1.0], [np.inf, 0.0, 1.0], [1.0, 1.0, 0.0]]}, 5),
        (EMBEDDING, {"focus": [0.5, np.nan]}, 4),
        (EMBEDDING, {"similarity": {7: 0.1, 8: np.nan, 9: 0.2}, "focus": [0.5, 0.5]}, 4),
    ],
)
def test_rows_that_are_not_finite_are_no_ground_for_a_verdict(judge_by, strategy, told, step):
    session = ToldAttention(**({"similarity": {7: 0.1, 8: 0.3, 9: 0.2}} | told))

    with pytest.raises(NonFiniteLogitsError, match=f"logits for step {step} are not finite"):
        judge_by(strategy).judge(THREE, session, JudgedSets())
