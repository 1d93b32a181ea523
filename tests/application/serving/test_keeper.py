"""The thread that looks after shared runs."""

from threading import Event as Flag

from tempo.application.serving.keeper import Keeper
from tempo.domain.errors import UnavailableError

LONG = 3600.0


class Registry:
    """Notes what it is asked, and fails as often as it is told to."""

    def __init__(self, failures=(), left=()):
        self.asked = []
        self.enough = Flag()
        self._failures = list(failures)
        self._left = list(left)

    def renew(self):
        self.asked.append("renew")

    def tend(self, runner):
        self.asked.append("tend")
        if self._failures:
            raise self._failures.pop()
        if self.asked.count("tend") > 3:
            self.enough.set()

    def adopt(self, runner, revive):
        self.asked.append("adopt")
        return self._left.pop() if self._left else None


def kept(registry, lease_seconds):
    told = []
    keeper = Keeper(registry, None, None, lease_seconds, lambda *what: told.append(what))
    keeper.start()
    assert registry.enough.wait(30)
    keeper.stop()
    return told


def test_it_goes_on_when_something_fails_and_tells_what_is_no_silence_of_the_store():
    error = KeyError("something")
    assert kept(Registry([error, UnavailableError("silent")]), LONG) == [("failed", error)]


def test_it_renews_and_adopts_all_that_was_left_several_times_a_lease():
    registry = Registry(left=["b", "a"])
    assert kept(registry, 0.1) == [("adopted", "a"), ("adopted", "b")]
    assert registry.asked[:5] == ["renew", "tend", "adopt", "adopt", "adopt"]


def test_it_does_neither_before_it_is_time():
    registry = Registry()
    assert kept(registry, LONG) == []
    assert set(registry.asked) == {"tend"}
