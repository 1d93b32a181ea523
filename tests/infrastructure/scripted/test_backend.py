"""What the scripted model promises beyond the port: its rows can be computed by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import PromptError, SessionError
from tempo.domain.node import Node
from tempo.domain.proposal import Combination, Reading
from tempo.domain.row_rules import RowRules
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tests.oracles import teacher_forced
from tests.strategies import prompts, scripts

SCRIPT = Script.of(
    {
        "": {"a": 0.5, "b": 0.5},
        ("a", "a"): {"a": 1.0},
        ("b", "a"): {"b": 1.0},
        ("a", "b"): {"a": 0.25, "b": 0.75},
        ("b", "b"): {END: 1.0},
    }
)
A, B = 1, 2


def rows_after(*passes, prompt=(A, A)):
    """Probabilities [k, v] of the last pass's rows."""
    backend = ScriptedBackend(SCRIPT)
    with backend.open(prompt, RowRules()) as session:
        for nodes in passes:
            backend.extend([(session, nodes)])
        count = len(passes[-1]) if passes else 1
        pairs = tuple((row, token) for row in range(count) for token in range(3))
        (proposal,) = backend.propose([(session, Reading(pairs=pairs))])
    return np.exp(proposal.pair_scores).reshape(count, 3).round(9).tolist()


SIBLINGS = [Node(A, 2, 2), Node(B, 2, 3)]


def test_the_first_reading_is_of_the_prompt():
    assert rows_after() == [[0, 1, 0]]
    assert rows_after(prompt=(A, B)) == [[0, 0.25, 0.75]]


def test_siblings_are_isolated():
    assert rows_after(SIBLINGS) == [[0, 1, 0], [0, 0.25, 0.75]]


def test_a_child_sees_the_chain_that_it_inherits():
    child = Node(B, 3, 4, parent=3, inherits=((3, 1.0),))
    assert rows_after(SIBLINGS, [child]) == [[1, 0, 0]]


def test_a_soft_child_sees_its_ancestors_by_weight():
    child = Node(B, 3, 4, parent=3, inherits=((3, 1.0),), weights=((2, 0.25), (3, 0.75)))
    assert rows_after(SIBLINGS, [child]) == [[0.75, 0.0625, 0.1875]]


def test_weights_of_one_position_count_by_their_share():
    child = Node(B, 3, 4, parent=3, weights=((2, 1.0), (3, 3.0)))
    assert rows_after(SIBLINGS, [child]) == [[0.75, 0.0625, 0.1875]]


def test_inherited_views_are_mixed_by_their_shares():
    views = ((2, 0.5), (3, 0.5))
    children = [Node(A, 3, 4, inherits=views), Node(B, 3, 5, inherits=views, weights=views)]
    assert rows_after(SIBLINGS, children) == [[0, 0.5, 0.5], [0.5, 0.125, 0.375]]


def test_weights_override_what_is_inherited():
    child = Node(B, 3, 4, inherits=((3, 1.0),), weights=((2, 1.0), (3, 0.0)))
    assert rows_after(SIBLINGS, [child]) == [[0, 0.25, 0.75]]


def test_a_node_may_descend_from_a_node_of_the_same_pass():
    nodes = [Node(B, 2, 2), Node(B, 3, 3, parent=2, inherits=((2, 1.0),))]
    assert rows_after(nodes)[1] == [1, 0, 0]


def test_a_released_slot_is_seen_by_no_later_row():
    backend = ScriptedBackend(SCRIPT)
    with backend.open((A, A), RowRules()) as session:
        backend.extend([(session, SIBLINGS)])
        assert session.cache_rows == 4
        session.release([2])
        assert session.cache_rows == 3
        views = ((2, 0.5), (3, 0.5))
        backend.extend([(session, [Node(B, 3, 4, inherits=views)])])
        (proposal,) = backend.propose([(session, Reading(pairs=((0, 0),)))])
    assert proposal.pair_scores.tolist() == [0.0]


@given(scripts(), st.data())
def test_a_row_that_sees_one_token_a_position_is_the_scripts(script, data):
    prompt = data.draw(prompts(script))
    chain = data.draw(prompts(script))
    backend = ScriptedBackend(script)
    with backend.open(prompt, RowRules()) as session:
        for depth, token in enumerate(chain):
            slot = len(prompt) + depth
            seen = ((slot - 1, 1.0),) if depth else ()
            backend.extend([(session, [Node(token, slot, slot, inherits=seen)])])
        tokens = range(len(script.vocabulary))
        reading = Reading(pairs=tuple((0, token) for token in tokens))
        (proposal,) = backend.propose([(session, reading)])
    expected = [teacher_forced(script, (*prompt, *chain), [token]) for token in tokens]
    assert proposal.pair_scores == pytest.approx(np.array(expected))


def test_rules_reach_the_rows():
    backend = ScriptedBackend(SCRIPT)
    with backend.open((A, B), RowRules(top_k=1)) as session:
        reading = Reading((1.0,), Combination.ARITHMETIC, 3)
        (proposal,) = backend.propose([(session, reading)])
    assert proposal.token_ids == (B,)
    assert np.exp(proposal.plain_rows) == pytest.approx(np.array([[0.75]]))


def test_the_penalty_follows_the_best_parent_chain():
    script = Script.of({"": {"a": 0.5, "b": 0.5}})
    backend = ScriptedBackend(script)
    with backend.open((A,), RowRules(repetition_penalty=2.0)) as session:
        backend.extend([(session, [Node(B, 1, 1), Node(A, 1, 2)])])
        children = [Node(A, 2, 3, parent=1), Node(A, 2, 4, parent=2)]
        backend.extend([(session, children)])
        reading = Reading((0.5, 0.5), Combination.ARITHMETIC, 2)
        (proposal,) = backend.propose([(session, reading)])
    rows = np.exp(proposal.rows[:, np.argsort(proposal.token_ids)])
    assert rows == pytest.approx(np.array([[0.5, 0.5], [1 / 3, 2 / 3]]))


@pytest.mark.parametrize("length", [0, 4, 5])
def test_a_prompt_leaves_room_in_the_context(length):
    with pytest.raises(PromptError, match=f"the prompt has {length} tokens; it must have 1 to 3"):
        ScriptedBackend(SCRIPT, context=4).open((A,) * length, RowRules())


def test_a_position_past_the_context_is_refused():
    backend = ScriptedBackend(SCRIPT, context=3)
    with backend.open((A, A), RowRules()) as session:
        backend.extend([(session, [Node(A, 2, 2)])])
        with pytest.raises(SessionError, match="position 3 is past the context of 3"):
            backend.extend([(session, [Node(A, 3, 3)])])


def test_the_description_tells_the_facts():
    found = ScriptedBackend(SCRIPT, context=9).description
    assert (found.name, found.family, found.context) == ("scripted", "scripted", 9)
    assert (found.vocabulary, found.parameters) == (3, 15)
    assert (found.dtype, found.device, found.limits) == ("float64", "cpu", ())
