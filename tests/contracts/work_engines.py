"""What every engine of work does. Each law takes an engine of two retries and a folder."""

import math

import pytest

from tempo.application.workers.work import Failed, Finished, WorkItem
from tempo.domain.errors import InvalidValueError, TempoError
from tests.fakes.works import ALWAYS, Deeds

ATTEMPTS = 3


def items(count, **payload):
    return [WorkItem(f"item {n}", {"number": n, **payload}) for n in range(count)]


def each_item_is_done_once(engine, folder):
    asked = items(40)
    found = list(engine.run(Deeds(), asked))
    assert sorted(found, key=lambda one: int(one.id.split()[1])) == [
        Finished(one.id, {"square": n**2, "third": n / 3}) for n, one in enumerate(asked)
    ]


def results_come_back_as_they_were(engine, folder):
    """Not a digit changes on the way: the numbers are those of this process."""
    values = [math.pi * 10.0**n for n in range(-20, 20)]
    asked = [WorkItem(str(n), {"number": value}) for n, value in enumerate(values)]
    found = {one.id: one.result for one in engine.run(Deeds(), asked)}
    assert found == {
        str(n): {"square": value**2, "third": value / 3} for n, value in enumerate(values)
    }


def nothing_is_nothing(engine, folder):
    assert list(engine.run(Deeds(opening="nobody may open this"), [])) == []


def what_fails_is_given_up_and_the_others_go_on(engine, folder):
    asked = items(6)
    asked[2] = WorkItem("bad", {"number": 2, "fails": ALWAYS})
    asked[4] = WorkItem("worse", {"number": 4, "breaks": "no such\n  disc"})
    found = {one.id: one for one in engine.run(Deeds(str(folder)), asked)}
    assert found["bad"] == Failed("bad", "2 is not to be squared", ATTEMPTS)
    assert found["worse"] == Failed("worse", "OSError: no such disc", ATTEMPTS)
    assert {one.id for one in found.values() if isinstance(one, Finished)} == {
        "item 0", "item 1", "item 3", "item 5",
    }  # fmt: skip
    assert len(list(folder.glob("2-*"))) == ATTEMPTS


def what_fails_at_first_is_done_in_the_end(engine, folder):
    asked = [WorkItem("late", {"number": 5, "fails": ATTEMPTS - 1})]
    assert list(engine.run(Deeds(str(folder)), asked)) == [
        Finished("late", {"square": 25, "third": 5 / 3})
    ]


def two_items_of_one_id_are_refused(engine, folder):
    twice = [WorkItem("one", {"number": 1}), WorkItem("one", {"number": 2})]
    with pytest.raises(InvalidValueError, match="the item 'one' is there twice; give each an id"):
        engine.run(Deeds(), twice)


def work_that_cannot_be_opened_ends_it(engine, folder):
    with pytest.raises(TempoError, match="there is no such model"):
        list(engine.run(Deeds(opening="there is no such model"), items(3)))


LAWS = (
    each_item_is_done_once,
    results_come_back_as_they_were,
    nothing_is_nothing,
    what_fails_is_given_up_and_the_others_go_on,
    what_fails_at_first_is_done_in_the_end,
    two_items_of_one_id_are_refused,
    work_that_cannot_be_opened_ends_it,
)
