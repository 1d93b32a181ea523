"""Figures of committed results, and of pages that report them.

A result is the text that a study or a benchmark printed: lines of prose, and tables whose second
line is of dashes, a run of them for each column.
"""

import gzip
import json
import re
from decimal import Decimal
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from tempo.application.studies.intervals import estimates

PROJECT = Path(__file__).parents[2]
NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?<=\d)(?:e[+-]?\d+)?"
FIGURE = re.compile(rf"(?<![\w.])(?<!\d,){NUMBER}(?!\w|[.,]\d)")
INTERVAL = re.compile(rf"({NUMBER})( %)?(?: nats)? \[({NUMBER})(?: %)?, ({NUMBER})(?: %)?\]")
RULE = re.compile(r"-+(?:  +-+)+$")


def number(printed):
    """The value of a printed figure; thousands may have commas, and a zero may be left out."""
    return Decimal(printed.replace(",", ""))


def numbers(text):
    """Every figure of a text, in order."""
    return [number(one) for one in FIGURE.findall(text)]


def agrees(printed, value):
    """Whether a figure is the value, rounded to the figure's places.

    Results are rounded themselves, so that a half may have been rounded either way.
    """
    places = len(printed.partition(".")[2])
    return abs(number(printed) - Decimal(value)) <= Decimal(5).scaleb(-places - 1)


@cache
def result(file):
    """The text of a result."""
    return (PROJECT / file).read_text(encoding="utf-8")


class Table(NamedTuple):
    """A table of a result: the names of its columns, and its rows by their first cells."""

    columns: list
    rows: dict


def table(lines):
    """The first table of some lines."""
    at = next((at for at, line in enumerate(lines) if RULE.fullmatch(line)), None)
    if at is None:
        raise LookupError("no table")
    spans = [match.span() for match in re.finditer("-+", lines[at])]
    body = takewhile(str.strip, lines[at + 1 :])
    columns, *cells = (
        [line[start:end].strip() for start, end in spans] for line in (lines[at - 1], *body)
    )
    return Table(columns, {row[0]: row for row in cells})


class Cell(NamedTuple):
    """A cell of the first table behind some headings, each looked for behind the one before."""

    file: str
    row: str
    column: str
    under: tuple = ()

    @property
    def figures(self):
        text = result(self.file)
        for heading in self.under:
            _, found, text = text.partition(heading)
            if not found:
                raise LookupError(f"{self.file}: no {heading!r}")
        columns, rows = table(text.splitlines())
        if self.row not in rows or self.column not in columns:
            raise LookupError(
                f"{self.file}: no {self.row!r}, {self.column!r} in {[*rows]}, {columns}"
            )
        return numbers(rows[self.row][columns.index(self.column)])


class Said(NamedTuple):
    """What the groups of an expression hold, where a result's text is met by it once."""

    file: str
    expression: str

    @property
    def figures(self):
        (match,) = re.finditer(self.expression, result(self.file))
        return [number(one) for one in match.groups()]


class First(NamedTuple):
    """The first figure of what another source says: the mean before its interval."""

    source: object

    @property
    def figures(self):
        return self.source.figures[:1]


class Last(NamedTuple):
    """The last figure of what another source says: the ratio behind its value."""

    source: object

    @property
    def figures(self):
        return self.source.figures[-1:]


class Derived(NamedTuple):
    """One figure, computed from the first ones of other sources."""

    rule: object
    sources: tuple

    @property
    def figures(self):
        return [self.rule(*(source.figures[0] for source in self.sources))]


@cache
def kept(file):
    """The figures of each prompt that a comparison left, by method and number of texts."""
    found = json.loads(gzip.decompress((PROJECT / file).read_bytes()))["figures"]
    return {(one["method"], one["count"]): one["prompts"] for one in found}


class Pair(NamedTuple):
    """What a method's best text is above another's, paired by prompt, with its interval."""

    file: str
    method: str
    other: str
    count: int = 1

    @property
    def figures(self):
        pairs = zip(
            kept(self.file)[self.method, self.count],
            kept(self.file)[self.other, self.count],
            strict=True,
        )
        name = "best_log_probability"
        found = estimates({name: [one[name] - other[name] for one, other in pairs]}, 42)[name]
        return [Decimal(one) for one in (found.value, found.low, found.high)]


class Interval(NamedTuple):
    """A mean with its interval, as it is printed."""

    mean: str
    low: str
    high: str
    percent: bool = False

    def is_in(self, found):
        """Whether one of these is it: as it is, or of the difference the other way round."""
        printed = (self.mean, self.low, self.high)
        scale = 100 if self.percent else 1
        for one in found:
            mean, low, high = (scale * number(part) for part in one[:3])
            for figures in ((mean, low, high), (-mean, -high, -low)):
                if all(map(agrees, printed, figures)):
                    return True
        return False


def intervals(text):
    """Every interval of a text, with where it stands."""
    for match in INTERVAL.finditer(text):
        mean, percent, low, high = match.groups()
        yield match.span(), Interval(mean, low, high, percent is not None)
