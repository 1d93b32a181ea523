import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.capture import Capture
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.candidates import CandidateTraits
from tempo.domain.pruning.diversity import DiversityPruning
from tempo.domain.pruning.verdict import Verdict


def verdicts(probabilities, clusters):
    shown = CandidateTraits(np.array(probabilities), clusters=tuple(clusters))
    return DiversityPruning().verdicts(shown, step=3, max_steps=10)


def test_each_cluster_keeps_its_most_probable_candidate():
    assert verdicts([0.4, 0.3, 0.2, 0.1], [0, 1, 0, 1]) == (
        Verdict("diversity", 0.4, 0.4, 1.0),
        Verdict("diversity", 0.3, 0.3, 1.0),
        Verdict("diversity", 0.2, 0.4, 0.0),
        Verdict("diversity", 0.1, 0.3, 0.0),
    )


def test_only_the_clusters_change_who_stays():
    def stays(clusters):
        return [not verdict.prunes for verdict in verdicts([0.4, 0.3, 0.2], clusters)]

    assert stays([0, 0, 0]) == [True, False, False]
    assert stays([0, 0, 1]) == [True, False, True]
    assert stays([0, 1, 1]) == [True, True, False]
    assert stays([0, 1, 2]) == [True, True, True]


def test_of_equally_probable_ones_in_a_cluster_the_first_stays():
    assert [verdict.prunes for verdict in verdicts([0.3, 0.3, 0.3], [0, 1, 1])] == [
        False,
        False,
        True,
    ]


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.4]), st.integers(0, 2)), min_size=1, max_size=6)
)
def test_one_candidate_of_each_cluster_stays_and_none_there_is_more_probable(members):
    found = verdicts(*zip(*members, strict=True))

    kept = [member for member, verdict in zip(members, found, strict=True) if not verdict.prunes]
    assert sorted(cluster for _, cluster in kept) == sorted({cluster for _, cluster in members})
    assert all(
        probability == max(other for other, one in members if one == cluster)
        for probability, cluster in kept
    )


def test_it_feeds_rows_and_asks_for_their_hidden_states_alone():
    judge = DiversityPruning(4)

    assert judge.feeds
    assert judge.capture == Capture(hidden=True)
    assert judge.clusters == 4
    assert judge.at(99) is judge
    assert DiversityPruning().clusters == 3


@pytest.mark.parametrize("clusters", [0, -1])
def test_no_cluster_at_all_is_refused(clusters):
    with pytest.raises(InvalidValueError, match=f"diversity_clusters is {clusters}; it must be 1"):
        DiversityPruning(clusters)
