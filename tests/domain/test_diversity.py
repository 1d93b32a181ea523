import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.diversity import diverse_order, overlap

texts = st.lists(st.integers(0, 3), min_size=1, max_size=6)


@given(texts, texts)
def test_overlap_is_a_share_and_whole_with_itself(one, other):
    assert 0.0 <= overlap(one, other) <= 1.0
    assert overlap(one, one) == 1.0


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ([1, 2, 3], [0, 1, 2, 3], 1.0),  # moved by one word
        ([0, 1, 2, 3], [1, 2, 3], 2 / 3),
        ([1, 2], [2, 1], 0.0),
        ([1], [2, 1], 1.0),
        ([1, 1, 1], [1, 1], 1.0),
    ],
)
def test_overlap_counts_pairs_of_neighbours(one, other, share):
    assert overlap(one, other) == pytest.approx(share)


@given(st.lists(st.tuples(st.floats(-50, 0), texts), max_size=8), st.integers(1, 8))
def test_without_penalty_the_order_is_that_of_the_scores(scored, count):
    scores, tokens = [one for one, _ in scored], [one for _, one in scored]
    order = diverse_order(scores, tokens, count, 0.0)
    assert order == sorted(range(len(scores)), key=lambda index: -scores[index])[:count]


@given(st.lists(st.tuples(st.floats(-50, 0), texts), max_size=8), st.floats(0, 20))
def test_every_choice_is_the_best_of_what_is_left(scored, penalty):
    scores, tokens = [one for one, _ in scored], [one for _, one in scored]
    order = diverse_order(scores, tokens, 8, penalty)
    assert sorted(order) == list(range(len(scores)))
    for place, chosen in enumerate(order):

        def worth(index, before=order[:place]):
            shared = max((overlap(tokens[index], tokens[one]) for one in before), default=0.0)
            return scores[index] - penalty * shared

        assert all(worth(chosen) >= worth(other) for other in order[place:])
