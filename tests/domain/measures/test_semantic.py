import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.measures.predictive import (
    ScoredText,
    length_normalised_entropy,
    predictive_entropy,
)
from tempo.domain.measures.semantic import (
    clusters,
    length_normalised_semantic_entropy,
    semantic_entropy,
)
from tests.strategies import scored_texts


def same_letter(first, second):
    return first[:1] == second[:1]


def text(spelled, probability, length=1):
    return ScoredText(spelled, math.log(probability), length)


@given(scored_texts)
def test_clusters_part_the_texts_and_their_probability(texts):
    found = clusters(texts, same_letter)
    assert sorted(one for cluster in found for one in cluster.texts) == sorted(
        one.text for one in texts
    )
    assert sum(cluster.probability for cluster in found) == pytest.approx(1)
    assert sum(cluster.length_normalised_probability for cluster in found) == pytest.approx(1)
    assert len({cluster.texts[0][:1] for cluster in found}) == len(found)


@given(scored_texts)
def test_semantic_entropy_is_the_entropy_of_the_meanings_sums(texts):
    letters = {one.text[:1] for one in texts}
    total = sum(math.exp(one.log_probability) for one in texts)
    shares = [
        sum(math.exp(one.log_probability) for one in texts if one.text[:1] == letter) / total
        for letter in letters
    ]
    expected = -sum(share * math.log(share) for share in shares)
    assert semantic_entropy(clusters(texts, same_letter)) == pytest.approx(expected, abs=1e-9)


@given(scored_texts, st.sampled_from([same_letter, lambda _a, _b: True, lambda _a, _b: False]))
def test_meanings_are_never_less_certain_than_words(texts, equivalence):
    found = clusters(texts, equivalence)
    assert semantic_entropy(found) <= predictive_entropy(texts) + 1e-12
    by_length = length_normalised_semantic_entropy(found)
    assert by_length <= length_normalised_entropy(texts) + 1e-12


@given(scored_texts)
def test_the_coarsest_and_the_finest_equivalence_give_zero_and_the_predictive_entropy(texts):
    one, each = (clusters(texts, lambda _a, _b, same=same: same) for same in (True, False))
    assert semantic_entropy(one) == pytest.approx(0, abs=1e-12)
    assert length_normalised_semantic_entropy(one) == pytest.approx(0, abs=1e-12)
    assert semantic_entropy(each) == pytest.approx(predictive_entropy(texts))
    assert length_normalised_semantic_entropy(each) == pytest.approx(
        length_normalised_entropy(texts)
    )


def test_a_text_joins_the_first_group_whose_founder_it_equals():
    """`b` is near `a` and near `c`, which are not near each other: order decides."""
    near = {"ab", "ba", "bc", "cb"}
    asked = []

    def equivalence(first, second):
        asked.append(first + second)
        return first + second in near

    found = clusters([text("a", 0.2), text("b", 0.1), text("c", 0.6)], equivalence)
    assert [cluster.texts for cluster in found] == [("c",), ("a", "b")]
    assert [cluster.probability for cluster in found] == pytest.approx([2 / 3, 1 / 3])
    assert asked == ["ab", "ac"]


def test_length_counts_where_it_is_normalised():
    found = clusters([text("a", 0.5), text("b", 0.25, length=2)], same_letter)
    assert semantic_entropy(found) == pytest.approx(math.log(3) - 2 / 3 * math.log(2))
    assert length_normalised_semantic_entropy(found) == pytest.approx(math.log(2))


def test_no_texts_have_no_meaning():
    assert (clusters([], same_letter), semantic_entropy(())) == ((), 0.0)
