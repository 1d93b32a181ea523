"""What an adapter refuses, and that a refusal leaves the session as it was."""

import pytest

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.errors import PromptError, SessionError
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tests.contracts.adapters import CONTEXT
from tests.contracts.passes import PROMPT, apart, differ, extend, fed, node, opened, rows


def test_an_empty_prompt_is_refused(adapter):
    with pytest.raises(PromptError, match=r"empty|0 tokens"):
        opened(adapter, ())


@pytest.mark.parametrize("length", [CONTEXT, CONTEXT + 57])
def test_a_prompt_without_room_for_a_step_is_refused_with_both_lengths(adapter, length):
    with pytest.raises(PromptError) as refused:
        opened(adapter, (1,) * length)
    assert str(length) in str(refused.value)
    assert str(CONTEXT - 1) in str(refused.value)


def test_a_prompt_that_leaves_room_for_one_step_is_accepted(adapter):
    prompt = (1,) * (CONTEXT - 1)
    with opened(adapter, prompt) as session:
        extend(adapter, session, node(4, CONTEXT - 1, prompt=prompt))
        beyond = node(4, CONTEXT, CONTEXT - 1, 1, prompt=prompt)
        with pytest.raises(SessionError, match=str(CONTEXT)):
            extend(adapter, session, beyond)
        assert session.cache_rows == CONTEXT


BAD_PASSES = {
    "a slot of the prompt": [node(4, 2)],
    "a slot named before": [node(4, 7, 6, 1)],
    "a slot twice in one pass": [node(4, 9, 7, 2), node(1, 9, 7, 2)],
    "slots that fall": [node(4, 10, 7, 2), node(1, 9, 7, 2)],
    "inheriting from a slot that never was": [node(4, 9, 7, 2, inherits=[(99, 1.0)])],
    "inheriting from a pass before the last": [node(4, 9, 7, 2, inherits=[(5, 1.0)])],
    "inheriting from a later node": [
        node(4, 9, 7, 2, inherits=[(10, 1.0)]),
        node(1, 10, 7, 2),
    ],
    "inheriting from itself": [node(4, 9, 7, 2, inherits=[(9, 1.0)])],
    "a weight on a slot that never was": [node(4, 9, 7, 2, weights=[(99, 1.0)])],
    "a weight on a released slot": [node(4, 9, 7, 2, weights=[(8, 1.0)])],
    "a parent that never was": [node(4, 9, 99, 2, inherits=[(7, 1.0)])],
    "a parent of a pass before the last": [node(4, 9, 5, 2, inherits=[(7, 1.0)])],
    "a position past the context": [node(4, 9, 7, CONTEXT)],
    "a bad node behind a good one": [node(4, 9, 7, 2), node(1, 10, 7, 2, weights=[(99, 1.0)])],
}

PENALTY = RowRules(repetition_penalty=1.3)


@pytest.mark.parametrize("rules", [RowRules(), PENALTY], ids=["plain", "with a penalty"])
@pytest.mark.parametrize("nodes", BAD_PASSES.values(), ids=BAD_PASSES)
def test_a_pass_that_cannot_be_is_refused_and_the_session_goes_on(adapter, nodes, rules):
    with opened(adapter, rules=rules) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        before = fed(adapter, session, node(2, 7, 5, 1), node(3, 8, 5, 1))
        session.release([8])
        with pytest.raises(SessionError):
            extend(adapter, session, *nodes)
        assert session.cache_rows == len(PROMPT) + 3
        assert differ(rows(adapter, session, 2), before) == 0.0
        found = fed(adapter, session, node(9, 9, 7, 2))
    assert differ(found, apart(adapter, (*PROMPT, 4, 2, 9))) < 1e-4


BAD_RELEASES = {
    "a slot of the prompt": [2],
    "a slot that never was": [99],
    "a slot that left": [6],
    "a slot that never was among others": [5, 99],
    "a slot twice": [5, 5],
}


@pytest.mark.parametrize("slots", BAD_RELEASES.values(), ids=BAD_RELEASES)
def test_a_release_that_cannot_be_is_refused_and_lets_go_of_nothing(adapter, slots):
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        session.release([6])
        with pytest.raises(SessionError):
            session.release(slots)
        assert session.cache_rows == len(PROMPT) + 1
        found = fed(adapter, session, node(9, 7, 5, 1))
    assert differ(found, apart(adapter, (*PROMPT, 4, 9))) < 1e-4


VERBS = {
    "extend": lambda backend, session, mark: backend.extend([(session, [node(4, 5)])]),
    "propose": lambda backend, session, mark: backend.propose([(session, Reading())]),
    "release": lambda backend, session, mark: session.release([]),
    "attenuate": lambda backend, session, mark: session.attenuate([], []),
    "received": lambda backend, session, mark: session.received([], [1.0]),
    "traits": lambda backend, session, mark: session.traits(),
    "similarity": lambda backend, session, mark: session.similarity([4], [5]),
    "mark": lambda backend, session, mark: session.mark(),
    "rewind": lambda backend, session, mark: session.rewind(mark),
    "fork": lambda backend, session, mark: session.fork(),
    "branch": lambda backend, session, mark: session.branch(mark, []),
    "cache_rows": lambda backend, session, mark: session.cache_rows,
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_closed_session_refuses_every_verb(adapter, verb):
    capture = Capture(received=(LayerWeights(),), context=True, hidden=True)
    session = opened(adapter, rules=RowRules(capture=capture))
    mark = session.mark()
    session.close()
    with pytest.raises(SessionError, match="closed"):
        verb(adapter.backend, session, mark)


def test_closing_twice_does_nothing(adapter):
    session = opened(adapter)
    session.close()
    session.close()
    with pytest.raises(SessionError, match="closed"):
        session.mark()


def test_leaving_the_block_closes_the_session_also_after_an_error(adapter):
    def fail(session):
        with session:
            message = "on purpose"
            raise ArithmeticError(message)

    session = opened(adapter)
    with pytest.raises(ArithmeticError, match="on purpose"):
        fail(session)
    with pytest.raises(SessionError, match="closed"):
        session.mark()
