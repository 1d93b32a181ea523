"""A run asks; whoever drives it answers, tells it what went wrong, and can end it."""

import pytest

from tempo.application.decoding.asking import Feed, Read, answered, events_of, followed


class Answering:
    """Answers readings by their number, and fails where it is told to."""

    def __init__(self, error=None):
        self.error, self.fed = error, []

    def extend(self, batch):
        if self.error is not None:
            raise self.error
        self.fed += [nodes for _, nodes in batch]

    def propose(self, batch):
        return [10 * reading for _, reading in batch]


class Running:
    """Tells what it is answered, what goes wrong, and that it has ended."""

    def __init__(self):
        self.ended = False

    def asking(self):
        try:
            try:
                fed = yield Feed("session", "nodes")
            except MemoryError as error:
                fed = str(error)
            found = yield Read("session", 4)
            return fed, found
        finally:
            self.ended = True

    def unfolding(self):
        yield "begins"
        yield (yield from self.asking())
        yield "ends"


def test_answers_come_back_and_what_is_returned_is_returned():
    backend = Answering()
    assert answered(Running().asking(), backend) == (None, 40)
    assert backend.fed == ["nodes"]


def test_an_error_reaches_the_one_who_asked():
    assert answered(Running().asking(), Answering(MemoryError("full"))) == ("full", 40)
    running = Running()
    with pytest.raises(KeyboardInterrupt):
        answered(running.asking(), Answering(KeyboardInterrupt()))
    assert running.ended


def test_events_come_without_what_is_asked():
    told = list(events_of(Running().unfolding(), Answering()))
    assert told == ["begins", (None, 40), "ends"]


def test_closing_the_events_ends_the_run():
    running = Running()
    events = events_of(running.unfolding(), Answering())
    assert [next(events), next(events)] == ["begins", (None, 40)]
    events.close()
    assert running.ended


def test_one_that_is_followed_asks_on_and_tells_on_the_side():
    told = []
    assert answered(followed(Running().unfolding(), told.append), Answering()) is None
    assert told == ["begins", (None, 40), "ends"]
    assert (
        answered(followed(Running().unfolding(), told.append), Answering(MemoryError("full")))
        is None
    )
    assert told[3:] == ["begins", ("full", 40), "ends"]


def test_who_is_told_can_end_it():
    told = []

    def stop(event):
        told.append(event)
        return event != "begins"

    answered(followed(Running().unfolding(), stop), Answering())
    assert told == ["begins", (None, 40)]


def test_an_error_of_who_is_told_ends_it():
    running, asked = Running(), []

    def fail(event):
        asked.append(event)
        if event != "begins":
            raise ValueError(event)

    with pytest.raises(ValueError, match="40"):
        answered(followed(running.unfolding(), fail), Answering())
    assert running.ended


def test_one_that_is_followed_ends_where_it_asks_when_it_is_closed():
    running = Running()
    asking = followed(running.unfolding(), lambda _: False)
    assert isinstance(next(asking), Feed)
    asking.close()
    assert running.ended
