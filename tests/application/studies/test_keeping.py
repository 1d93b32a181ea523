"""A study that goes on measures only what is not kept."""

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.keeping import each


class Shelf:
    def __init__(self):
        self.held = {}

    def add(self, number, found):
        self.held[number] = found


@given(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=4))
def test_each_item_is_measured_once_however_often_the_study_is_broken_off(count, stops):
    shelf, measured = Shelf(), []

    def measure(number):
        measured.append(number)
        return number * number

    for stop in stops:
        assert list(islice(each(count, measure, shelf), stop)) == [
            number * number for number in range(min(stop, count))
        ]
    assert list(each(count, measure, shelf)) == [number * number for number in range(count)]
    assert measured == list(range(count))


def test_without_a_place_to_keep_it_everything_is_measured_anew():
    measured = []
    for _ in range(2):
        assert list(each(2, lambda number: measured.append(number) or number)) == [0, 1]
    assert measured == [0, 1, 0, 1]
