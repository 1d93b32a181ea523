"""Readings and passes that do not fit the rows are refused, and the session goes on."""

import pytest

from tempo.domain.errors import SessionError
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules

PROMPT = (1, 2, 3)


@pytest.mark.parametrize(
    "reading",
    [
        Reading(weights=(0.5, 0.5), considered=4),
        Reading(pairs=((1, 2),)),
    ],
)
def test_a_reading_for_other_rows_is_refused_and_the_session_goes_on(adapter, reading):
    with adapter.backend.open(PROMPT, RowRules()) as session:
        with pytest.raises(SessionError, match="the last pass has 1 rows"):
            adapter.backend.propose([(session, reading)])
        (proposal,) = adapter.backend.propose([(session, Reading(weights=(1.0,), considered=4))])
        assert len(proposal.token_ids) == 4


def test_a_pass_without_nodes_is_refused_and_the_session_goes_on(adapter):
    with adapter.backend.open(PROMPT, RowRules()) as session:
        with pytest.raises(SessionError, match="feed at least one"):
            adapter.backend.extend([(session, ())])
        assert session.cache_rows == len(PROMPT)
