import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.stopping import StopOn, Stopping, held_back, stop_position

short = st.text(alphabet="ab", max_size=8).map(str.encode)
stops = st.lists(st.text(alphabet="ab", min_size=1, max_size=3), max_size=3).map(
    lambda names: tuple(name.encode() for name in names)
)


@given(short, stops)
def test_a_stop_position_is_the_first_place_where_any_stop_starts(text, stops):
    starts = [
        place for place in range(len(text)) if any(text[place:].startswith(stop) for stop in stops)
    ]
    assert stop_position(text, stops) == (starts[0] if starts else None)


@given(short, stops)
def test_what_is_held_back_is_the_longest_end_that_could_become_a_stop(text, stops):
    assume(stop_position(text, stops) is None)
    held = held_back(text, stops)
    could = [
        length
        for length in range(1, len(text) + 1)
        for stop in stops
        if len(stop) > length and stop.startswith(text[-length:])
    ]
    assert held == max(could, default=0)


@given(short, short, stops)
def test_no_stop_that_completes_later_starts_in_what_was_given_out(text, more, stops):
    if stop_position(text, stops) is None:
        place = stop_position(text + more, stops)
        assert place is None or place >= len(text) - held_back(text, stops)


def test_nothing_is_held_back_without_stop_strings():
    assert held_back(b"abc", ()) == 0


@pytest.mark.parametrize(
    ("rule", "ends"),
    [
        (Stopping(StopOn.MASS, stop_mass=0.5), [False, False, True, True]),
        (Stopping(StopOn.ANY), [False, True, True, True]),
        (Stopping(StopOn.BEST), [False, False, False, True]),
        (Stopping(StopOn.ALL), [False, False, False, False]),
    ],
    ids=lambda value: value.stop_on if isinstance(value, Stopping) else None,
)
def test_each_rule_ends_a_run_at_its_own_moment(rule, ends):
    moments = [(0.0, 0, False), (0.49, 1, False), (0.5, 2, False), (0.6, 2, True)]
    assert [rule.ends(*moment) for moment in moments] == ends


@pytest.mark.parametrize("mass", [0.0, -0.1, 1.1, float("nan")])
def test_a_stop_mass_outside_its_range_is_refused(mass):
    with pytest.raises(InvalidValueError, match=r"it must be in \(0, 1\]"):
        Stopping(stop_mass=mass)


def test_a_negative_min_steps_and_an_empty_stop_string_are_refused():
    with pytest.raises(InvalidValueError, match="min_steps is -1; it must be 0 or more"):
        Stopping(min_steps=-1)
    with pytest.raises(InvalidValueError, match="every text would end at once"):
        Stopping(stop=("a", ""))


def test_stop_strings_are_compared_as_utf_8():
    assert Stopping(stop=("é", "\n")).stop_bytes == (b"\xc3\xa9", b"\n")
