"""Retries, and the sentence on what failed."""

import pytest

from tempo.application.workers.attempts import Retries, reason_of
from tempo.application.workers.work import Failed, Finished, WorkItem
from tempo.domain.errors import InvalidValueError
from tests.fakes.works import Deeds


@pytest.mark.parametrize("number", [-1, 101])
def test_retries_outside_their_range_are_refused(number):
    with pytest.raises(InvalidValueError, match=f"retries is {number}; it must be from 0 to 100"):
        Retries(number)


@pytest.mark.parametrize(("retries", "done"), [(1, False), (2, True)])
def test_an_item_is_tried_as_often_as_is_said_and_no_more(retries, done, tmp_path):
    item = WorkItem("late", {"number": 2, "fails": 2})
    found = Retries(retries).done(Deeds(str(tmp_path)).open(), item)
    given_up = Failed("late", "2 is not to be squared", 2)
    assert found == (Finished("late", {"square": 4, "third": 2 / 3}) if done else given_up)
    assert len(list(tmp_path.iterdir())) == retries + 1


def test_a_reason_names_what_it_is_unless_the_error_is_a_sentence():
    assert reason_of(InvalidValueError("width is 0;\n it must be 1")) == "width is 0; it must be 1"
    assert reason_of(KeyError("x")) == "KeyError: 'x'"
    assert reason_of(MemoryError()) == "MemoryError"
