"""What the other processes do with what they are told, and what they notice."""

import gc
from itertools import pairwise

import pytest

from tempo.domain.errors import OutOfStepError, SessionError
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot
from tempo.infrastructure.fused_llama.split_decoder import SplitDecoder
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.ranks.following import Follower, gone_of
from tempo.infrastructure.ranks.leading import CHECKED_EVERY
from tempo.infrastructure.ranks.telling import END, Call, Message
from tests.contracts.passes import PROMPT, node
from tests.fakes.ranks import Meeting, ThreadPart, backends, leading

FIRST = len(PROMPT)


@pytest.fixture
def led():
    """A leading backend, and what follows it."""
    meeting = Meeting(2)
    first, other = backends(random_model("llama", 120), SplitDecoder, meeting)
    backend = leading(first, [other], meeting)
    return backend, backend.telling._followers[0]


def test_calls_that_need_no_other_process_wait_for_the_next_that_does(led):
    backend, follower = led
    session = backend.open(PROMPT, RowRules())
    backend.extend([(session, [node(4, FIRST), node(1, FIRST + 1)])])
    session.release([Slot(FIRST + 1)])
    twin = session.fork()
    (held,) = follower._sessions.values()
    assert held.cache_rows == FIRST + 2
    backend.extend([(twin, [node(7, FIRST + 2, FIRST, 1)])])
    assert [one.cache_rows for one in follower._sessions.values()] == [FIRST + 1, FIRST + 2]
    verbs = [[call.verb for call in message.calls] for message in backend.telling.said]
    assert verbs == [["open"], ["extend"], ["release", "fork", "extend"]]


def test_sessions_and_marks_that_nobody_holds_are_let_go_there_too(led):
    backend, follower = led
    session = backend.open(PROMPT, RowRules())
    mark = session.mark()
    other = backend.open(PROMPT, RowRules())
    assert (len(follower._sessions), len(follower._marks)) == (2, 1)
    del session, mark
    gc.collect()
    backend.extend([(other, [node(4, FIRST)])])
    assert (len(follower._sessions), len(follower._marks)) == (1, 0)


def test_a_refusal_that_all_come_to_leaves_them_in_step(led):
    backend, _ = led
    with backend.open(PROMPT, RowRules()) as session:
        with pytest.raises(SessionError, match="slot 2 was named before"):
            backend.extend([(session, [node(4, 2)])])
        backend.extend([(session, [node(4, FIRST)])])
        assert session.cache_rows == FIRST + 1


def test_a_call_that_ended_otherwise_is_noticed(led):
    _, follower = led
    with pytest.raises(
        OutOfStepError,
        match=r"^process 1 is out of step: its last call ended with no error, that of the first "
        r"process with SessionError; start all of them again$",
    ):
        follower.repeat(Message("SessionError", ()))


def test_a_refusal_of_its_own_is_noticed_with_its_reason(led):
    backend, follower = led
    session = backend.open(PROMPT, RowRules())
    assert follower.repeat(Message("", (Call("release", (session.number, [Slot(77)])),)))
    with pytest.raises(OutOfStepError, match=r"SessionError: slots \[77\] are not in the cache"):
        follower.repeat(Message("", ()))


def test_another_cache_is_noticed_after_some_passes(led):
    backend, follower = led
    session = backend.open(PROMPT, RowRules())
    (held,) = follower._sessions.values()
    backend.extend([(session, [node(4, FIRST), node(1, FIRST + 1)])])
    held.release([Slot(FIRST + 1)])
    chain = [FIRST, *range(FIRST + 2, FIRST + CHECKED_EVERY + 2)]
    grown = [
        node(3, slot, parent, depth)
        for depth, (parent, slot) in enumerate(pairwise(chain), start=1)
    ]
    for one in grown[:-1]:
        backend.extend([(session, [one])])
    with pytest.raises(OutOfStepError, match="its cache holds other rows than that of the first"):
        backend.extend([(session, grown[-1:])])


def test_the_last_word_ends_it():
    follower = Follower(lambda _: ThreadPart(None), 1)
    assert not follower.repeat(Message("", (Call(END),)))


def test_who_has_gone_is_told_where_only_one_can_have():
    assert [gone_of(count) for count in (2, 3, 8)] == ["the first process"] + 2 * [
        "another process"
    ]
