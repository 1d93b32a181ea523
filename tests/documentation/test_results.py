"""Figures are read out of results as they were printed."""

from decimal import Decimal

import pytest

from tests.documentation.results import (
    Cell,
    Derived,
    First,
    Interval,
    Last,
    Said,
    agrees,
    intervals,
    numbers,
)

RESULT = """\
tempo compare --count 64

== 1 text, 64 prompts

quality, more is better
method       nats a token           ms
------  -----------------  -----------
beam 4  -0.89 [-.91, -.87]        1,526
greedy                           384.5

cost
method          rows
------  ------------
beam 4           136

throughput: 2.75 (bar: at least 3): MISSED
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "result.txt"
    path.write_text(RESULT, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("printed", "value", "agreed"),
    [
        ("0.032", "0.0316", True),
        ("0.031", "0.0316", False),
        ("-.854", "-0.8535", True),
        (".854", "-0.8535", False),
        ("+0.024", "0.0244", True),
        ("1,253", "1253.4", True),
        ("12", "11.96576", True),
        ("0.50", "0.506", False),
    ],
)
def test_a_figure_agrees_with_what_rounds_to_it(printed, value, agreed):
    assert agrees(printed, value) is agreed


def test_figures_of_a_text_are_found_in_any_dress():
    text = "-1.5, .25 and 8,192 of 3.11.7 at 1.2e-04; 100.0% [98.7%, +100%], 2-6, `a1b2`, v2, 5 %."
    assert numbers(text) == [
        Decimal(one)
        for one in ("-1.5", ".25", "8192", "1.2e-4", "100.0", "98.7", "100", "2", "6", "5")
    ]


def test_a_cell_is_read_behind_its_headings(file):
    interval = Cell(file, "beam 4", "nats a token")
    assert interval.figures == [Decimal("-0.89"), Decimal("-0.91"), Decimal("-0.87")]
    assert First(interval).figures == [Decimal("-0.89")]
    assert Last(interval).figures == [Decimal("-0.87")]
    assert Cell(file, "greedy", "ms", ("== 1 text", "quality")).figures == [Decimal("384.5")]
    assert Cell(file, "greedy", "nats a token").figures == []
    assert Cell(file, "beam 4", "rows", ("cost",)).figures == [Decimal(136)]


@pytest.mark.parametrize(
    ("row", "column", "under", "said"),
    [
        ("beam 8", "ms", (), r"no 'beam 8', 'ms' in \['beam 4', 'greedy'\]"),
        ("beam 4", "rows", (), "no 'beam 4', 'rows'"),
        ("greedy", "rows", ("cost",), "no 'greedy', 'rows'"),
        ("beam 4", "ms", ("cost", "== 1 text"), "no '== 1 text'"),
        ("beam 4", "ms", ("throughput",), "no table"),
    ],
)
def test_what_a_result_does_not_hold_is_told(file, row, column, under, said):
    with pytest.raises(LookupError, match=said):
        _ = Cell(file, row, column, under).figures


def test_prose_is_read_by_an_expression_that_it_meets_once(file):
    assert Said(file, r"throughput: ([\d.]+) .*least (\d)").figures == [Decimal("2.75"), 3]
    with pytest.raises(ValueError, match="values to unpack"):
        _ = Said(file, r"(\d+) ").figures
    share = Derived(
        lambda one, of: one / of, (Said(file, r"count (\d+)"), Said(file, r"(\d) text,"))
    )
    assert share.figures == [64]


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        (".25 [.2, .3]", "0.249 [0.200, 0.302]"),
        ("-.25 [-.3, -.2]", "+0.249 [+0.200, +0.302]"),
        ("24.9 % [20.0, 30.2]", "0.249 [0.200, 0.302]"),
        ("24.9 % [20.0 %, 30.2 %]", "0.249 [0.200, 0.302]"),
    ],
)
def test_an_interval_is_found_as_it_is_and_the_other_way_round(printed, found):
    ((_, interval),) = intervals(printed)
    ((_, measured),) = intervals(found)
    assert interval.is_in([measured])
    assert not interval._replace(low="0.1").is_in([measured])
    assert not interval.is_in([measured._replace(mean="0.261")])
    assert not interval.is_in([])


def test_where_an_interval_stands_is_told():
    assert [*intervals("moves by .23 nats [.17, .36].")] == [
        ((9, 28), Interval(".23", ".17", ".36"))
    ]
