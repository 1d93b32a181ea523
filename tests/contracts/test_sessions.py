"""Several sessions of one backend (design section 4, law 8)."""

import numpy as np

from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tests.contracts.passes import PROMPT, apart, differ, extend, fed, node, opened, rows

OTHER = (9, 1, 1, 6, 3, 2, 4)


def other_node(token, slot, parent=None, depth=0):
    return node(token, slot, parent, depth, prompt=OTHER)


def test_sessions_side_by_side_do_not_touch_each_other(adapter):
    with opened(adapter) as session, opened(adapter, OTHER) as other:
        extend(adapter, session, node(4, 5), node(1, 6))
        extend(adapter, other, other_node(8, 7), other_node(2, 8))
        session.release([5])
        ours = fed(adapter, session, node(9, 7, 6, 1))
        theirs = fed(adapter, other, other_node(9, 9, 7, 1))
        assert (session.cache_rows, other.cache_rows) == (7, 10)
    assert differ(ours, apart(adapter, (*PROMPT, 1, 9))) < 1e-4
    assert differ(theirs, apart(adapter, (*OTHER, 8, 9))) < 1e-4


def test_closing_one_session_leaves_the_others(adapter):
    with opened(adapter) as session:
        opened(adapter, OTHER).close()
        found = fed(adapter, session, node(4, 5))
    assert differ(found, apart(adapter, (*PROMPT, 4))) < 1e-4


def test_two_sessions_in_one_call_are_two_calls(adapter):
    """Prompts of two lengths, passes of two widths; each answer goes to its own question."""
    with opened(adapter) as session, opened(adapter, OTHER) as other:
        adapter.backend.extend(
            [
                (session, [node(4, 5), node(1, 6), node(9, 7)]),
                (other, [other_node(8, 7)]),
            ]
        )
        adapter.backend.extend(
            [
                (other, [other_node(3, 8, 7, 1), other_node(5, 9, 7, 1)]),
                (session, [node(2, 8, 6, 1)]),
            ]
        )
        many = Reading(weights=(0.5, 0.5), considered=adapter.vocabulary)
        one = Reading(weights=(1.0,), considered=3)
        theirs, ours = adapter.backend.propose([(other, many), (session, one)])
    alone = apart(adapter, (*OTHER, 8, 3), (*OTHER, 8, 5))
    assert differ(theirs.rows, alone[:, list(theirs.token_ids)]) < 1e-4
    own = apart(adapter, (*PROMPT, 1, 2))[0]
    assert ours.token_ids == tuple(np.argsort(-own)[:3])
    assert differ(ours.rows[0], own[list(ours.token_ids)]) < 1e-4


def test_sessions_keep_rules_of_their_own(adapter):
    sharp = RowRules(temperature=0.5)
    with opened(adapter, rules=sharp) as session, opened(adapter) as plain:
        reading = Reading(weights=(1.0,), considered=adapter.vocabulary)
        cooled, usual = adapter.backend.propose([(session, reading), (plain, reading)])
        assert differ(rows(adapter, session, 1), rows(adapter, plain, 1)) < 1e-6
    expected = usual.log_probabilities / 0.5
    expected -= np.logaddexp.reduce(expected)
    assert differ(cooled.log_probabilities, expected) < 1e-4


def test_a_batch_of_none_is_nothing(adapter):
    adapter.backend.extend([])
    assert adapter.backend.propose([]) == []


def test_the_description_tells_the_context_and_the_vocabulary(adapter):
    description = adapter.backend.description
    assert description.context == 200
    assert description.vocabulary == len(adapter.logits(PROMPT))
    assert description.parameters > 0
