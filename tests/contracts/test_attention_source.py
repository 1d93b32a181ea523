"""What a session tells of its last pass: attention, traits of rows, likeness of tokens."""

import numpy as np
import pytest

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.errors import InvalidValueError, SessionError
from tempo.domain.row_rules import RowRules
from tests.contracts.passes import (
    FIRST,
    PROMPT,
    chain,
    differ,
    extend,
    fed,
    node,
    opened,
    rows,
)

SCALES = LayerWeights()
MEAN = LayerWeights(multi_scale=False)
LAST = LayerWeights(last=1)
EVERYTHING = Capture((SCALES, MEAN, LAST), context=True, hidden=True)
SHARES = [(5, 0.3), (6, 0.7)]


def capturing(adapter, capture=EVERYTHING, prompt=PROMPT):
    return opened(adapter, prompt, RowRules(capture=capture))


def crossing(adapter, session):
    """Feed siblings, then three rows that see both of them and no child of the same pass."""
    extend(adapter, session, node(4, 5), node(1, 6))
    extend(
        adapter,
        session,
        *(node(token, 7 + i, 5, 1, inherits=SHARES) for i, token in enumerate((2, 9, 8))),
    )


def row_by_row(session, slots, count, entry=0):
    """Return [rows, slots] what each row gave each slot."""
    one_hot = np.eye(count).tolist()
    return np.stack([session.received(slots, weights)[entry] for weights in one_hot])


def test_a_row_gives_all_that_it_has_to_what_it_sees(adapter):
    with capturing(adapter) as session:
        crossing(adapter, session)
        for entry in range(3):
            given = row_by_row(session, range(10), 3, entry)
            assert (given >= 0).all()
            assert (given <= 1).all()
            assert given.sum(1) == pytest.approx(1.0, abs=1e-5)
            assert (given[:, :7] > 0).all()
            own = given[:, 7:]
            assert (np.diag(own) > 0).all()
            assert (own[~np.eye(3, dtype=bool)] == 0).all()


def test_rows_are_weighed(adapter):
    weights = [0.5, 0.2, 0.3]
    with capturing(adapter) as session:
        crossing(adapter, session)
        found = session.received([6, 2, 9, 6], weights)
        assert found.shape == (3, 4)
        for entry in range(3):
            each = row_by_row(session, [6, 2, 9, 6], 3, entry)
            assert found[entry] == pytest.approx(np.array(weights) @ each, abs=1e-6)


def test_siblings_that_see_each_other_receive_of_each_other(adapter):
    with capturing(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6, weights=[(5, 0.4)]))
        given = row_by_row(session, [5, 6], 2)
    assert given[0, 1] == 0
    assert given[1, 0] > 0


def test_after_opening_the_last_row_of_the_prompt_tells(adapter):
    with capturing(adapter) as session:
        given = session.received(range(FIRST), [1.0])
        assert given.sum(1) == pytest.approx(1.0, abs=1e-5)
        traits = session.traits()
        assert traits.attention == pytest.approx([given[2, :-1].max()], abs=1e-5)
        assert traits.distances.tolist() == [[0.0]]


def test_a_prompt_of_one_token_has_no_earlier_one(adapter):
    with capturing(adapter, prompt=(3,)) as session:
        traits = session.traits()
    assert (traits.attention.tolist(), traits.focus.tolist()) == ([0.0], [1.0])


def test_a_row_that_sees_one_earlier_token_is_focused_on_it(adapter):
    with capturing(adapter, prompt=(3,)) as session:
        extend(adapter, session, node(4, 1, prompt=(3,)), node(5, 2, prompt=(3,)))
        given, traits = row_by_row(session, [0], 2, 2), session.traits()
    assert traits.attention == pytest.approx(given[:, 0], abs=1e-5)
    assert traits.focus.tolist() == [1.0, 1.0]


def test_capturing_changes_no_row(adapter):
    with capturing(adapter) as session, opened(adapter) as plain:
        found = []
        for one in (session, plain):
            passes = [rows(adapter, one, 1)]
            crossing(adapter, one)
            passes.append(rows(adapter, one, 3))
            passes.append(fed(adapter, one, node(3, 10, 8, 2)))
            found.append(np.concatenate(passes))
    assert np.array_equal(*found)


def test_what_is_masked_receives_nothing(adapter):
    with capturing(adapter) as session:
        crossing(adapter, session)
        session.attenuate([5], [0.0])
        extend(adapter, session, node(3, 10, 7, 2))
        given = session.received([5, 6, 7], [1.0])
    assert (given[:, 0] == 0).all()
    assert (given[:, 1:] > 0).all()


def test_attention_to_a_slot_grows_with_its_factor(adapter):
    found = []
    for factor in (0.2, 1.0, 4.0):
        with capturing(adapter) as session:
            crossing(adapter, session)
            session.attenuate([5], [factor])
            extend(adapter, session, node(3, 10, 7, 2))
            found.append(session.received([5], [1.0])[0, 0])
    assert found[0] < found[1] < found[2]


def test_a_factor_changes_nothing_of_what_the_last_pass_tells(adapter):
    with capturing(adapter) as session:
        crossing(adapter, session)
        before, traits = session.received(range(10), [0.2, 0.3, 0.5]), session.traits()
        session.attenuate([5, 6, 8], [0.0, 0.5, 0.1])
        assert np.array_equal(session.received(range(10), [0.2, 0.3, 0.5]), before)
        assert np.array_equal(session.traits().focus, traits.focus)


def test_the_largest_attention_is_the_last_layer_s_to_an_earlier_token(adapter):
    """Its own token, a sibling that it sees and a released one's place are not earlier tokens."""
    with capturing(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        extend(
            adapter,
            session,
            node(2, 7, 5, 1, inherits=SHARES),
            node(9, 8, 6, 1, inherits=SHARES, weights=[(7, 1.0)]),
        )
        given = row_by_row(session, range(7), 2, 2)
        found = session.traits().attention
    assert found == pytest.approx(given.max(1), abs=1e-6)


def test_focus_is_one_less_the_share_of_entropy_in_the_last_layers(adapter):
    with capturing(adapter) as session:
        crossing(adapter, session)
        session.attenuate([6], [0.0])
        extend(adapter, session, node(3, 10, 7, 2), node(8, 11, 8, 2, weights=[(6, 1.0), (5, 0.0)]))
        given = row_by_row(session, range(10), 2, 1)
        found = session.traits().focus
    for row, focus in zip(given, found, strict=True):
        seen = row[row > 0]
        shares = seen / seen.sum()
        entropy = -(shares * np.log(shares)).sum()
        assert focus == pytest.approx(1 - entropy / np.log(len(seen)), abs=1e-4)
    assert 0 <= found.min() < found.max() < 1


def test_distances_are_those_between_points(adapter):
    with capturing(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6), node(4, 7), node(9, 8))
        found = session.traits().distances
    assert found == pytest.approx(found.T, abs=1e-6)
    assert np.diag(found) == pytest.approx(0.0)
    assert found[0, 2] == pytest.approx(0.0, abs=1e-5)
    assert found[0, 1] > 1e-3
    through = found[:, :, None] + found[None]
    assert (found[:, None] <= through + 1e-5).all()


def test_what_was_not_asked_for_is_empty(adapter):
    with capturing(adapter, Capture(context=True)) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        traits = session.traits()
        assert (len(traits.attention), len(traits.focus), len(traits.distances)) == (2, 2, 0)
    with capturing(adapter, Capture(hidden=True)) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        traits = session.traits()
        assert (len(traits.attention), len(traits.focus)) == (0, 0)
        assert traits.distances.shape == (2, 2)


def test_what_was_not_captured_is_refused(adapter):
    with opened(adapter) as session:
        for ask in (lambda: session.received([0], [1.0]), session.traits):
            with pytest.raises(SessionError, match="captured"):
                ask()
    attending, keeping = Capture((MEAN,)), Capture(hidden=True)
    with capturing(adapter, attending) as session, pytest.raises(SessionError, match="no traits"):
        session.traits()
    with capturing(adapter, keeping) as session, pytest.raises(SessionError, match="received"):
        session.received([0], [1.0])


BAD = {
    "a slot that never was": ([99], [0.5, 0.5]),
    "a slot before the prompt": ([-1], [0.5, 0.5]),
    "a slot that left": ([6], [0.5, 0.5]),
    "a weight too few": ([5], [1.0]),
    "a weight too many": ([5], [0.2, 0.3, 0.5]),
}


@pytest.mark.parametrize(("slots", "weights"), BAD.values(), ids=BAD)
def test_attention_that_nobody_gave_is_refused(adapter, slots, weights):
    with capturing(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        session.release([6])
        with pytest.raises(SessionError, match=r"99|-1|6|weights"):
            session.received(slots, weights)


def test_no_slots_receive_nothing(adapter):
    with capturing(adapter) as session:
        assert session.received([], [1.0]).shape == (3, 0)


def test_a_capture_of_more_layers_than_there_are_is_refused(adapter):
    with pytest.raises(InvalidValueError, match="num_layers_to_use is 40"):
        capturing(adapter, Capture((LayerWeights(last=40),)))


def test_a_fork_tells_the_same_and_then_its_own(adapter):
    with capturing(adapter) as session:
        crossing(adapter, session)
        given = session.received(range(10), [0.2, 0.3, 0.5])
        with session.fork() as twin:
            extend(adapter, session, node(3, 10, 7, 2))
            assert np.array_equal(twin.received(range(10), [0.2, 0.3, 0.5]), given)
            extend(adapter, twin, node(3, 10, 7, 2))
            assert differ(twin.received(range(11), [1.0]), session.received(range(11), [1.0])) == 0


def test_a_rewind_brings_back_what_the_pass_of_the_mark_told(adapter):
    with capturing(adapter) as session:
        crossing(adapter, session)
        mark, given = session.mark(), session.received(range(10), [0.2, 0.3, 0.5])
        distances = session.traits().distances
        extend(adapter, session, *chain((3, 5), 10))
        session.rewind(mark)
        assert np.array_equal(session.received(range(10), [0.2, 0.3, 0.5]), given)
        assert np.array_equal(session.traits().distances, distances)


def test_attention_keeps_to_its_slots_when_most_rows_leave(adapter):
    """Of a hundred siblings three stay, so that cache rows move."""
    kept = (FIRST + 41, FIRST + 73, FIRST + 99)
    weights = list(zip(kept, (0.2, 0.7, 0.1), strict=True))
    with capturing(adapter) as session:
        extend(adapter, session, *(node(1 + i % 9, FIRST + i) for i in range(100)))
        extend(adapter, session, node(6, 105, kept[1], 1, weights=weights))
        given = session.received([0, 3, *kept, 105], [1.0])
        assert len(set(given[0, 2:5].tolist())) == 3
        session.release([slot for slot in range(FIRST, 105) if slot not in kept])
        assert np.array_equal(session.received([0, 3, *kept, 105], [1.0]), given)


def test_a_rewind_finds_the_slots_of_its_mark_wherever_they_moved(adapter):
    """Rows left before the mark and many more come and go after it: what stays moves down."""
    with capturing(adapter) as session:
        extend(adapter, session, *(node(1 + i % 9, FIRST + i) for i in range(70)))
        session.release(range(FIRST, 35))
        weights = [(60, 0.3), (74, 0.8)]
        extend(adapter, session, node(6, 75, 60, 1, weights=weights))
        mark, given = session.mark(), session.received([0, 60, 74, 75], [1.0])
        assert len(set(given[0].tolist())) >= 3
        extend(adapter, session, *(node(1 + i % 9, 76 + i, 75, 2) for i in range(100)))
        session.release(range(76, 176))
        session.rewind(mark)
        assert np.array_equal(session.received([0, 60, 74, 75], [1.0]), given)
        found = fed(adapter, session, node(3, 176, 75, 2))
        assert session.received([60], [1.0])[0, 0] > 0
    with opened(adapter) as session:
        extend(adapter, session, *(node(1 + i % 9, FIRST + i) for i in range(70)))
        extend(adapter, session, node(6, 75, 60, 1, weights=weights))
        assert differ(found, fed(adapter, session, node(3, 76, 75, 2))) < 1e-4


def test_a_token_is_like_itself(adapter):
    with opened(adapter) as session:
        found = session.similarity([4, 7], [4])
    assert found[0] == pytest.approx(1.0, abs=1e-5)
    assert found[1] < 0.99


def test_likeness_is_the_cosine_to_the_mean_of_the_context(adapter):
    """A token that the context has twice weighs twice; cosines lie within -1 and 1."""
    with opened(adapter) as session:
        twice, once = (session.similarity([4], context)[0] for context in ([4, 4, 7], [4, 7, 7]))
        both = session.similarity(range(9), [4, 7])
        again = session.similarity(range(9), [4, 7, 7, 4])
    assert twice > once
    assert both == pytest.approx(again, abs=1e-6)
    assert (np.abs(both) <= 1.0).all()


def test_likeness_to_nothing_is_refused_and_of_nothing_is_nothing(adapter):
    with opened(adapter) as session:
        with pytest.raises(SessionError, match="0 tokens"):
            session.similarity([4], [])
        assert session.similarity([], [4]).shape == (0,)
