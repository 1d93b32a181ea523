"""A study of curves as plain tables: series down, places across; then the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.interfaces.cli.studies.telling import columns, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.curves.cells import Quantity
    from tempo.application.studies.curves.report import CurveReport


def curve_lines(report: CurveReport) -> Iterator[str]:
    """Yield the lines of a report: by quantity its table, and its tests under it."""
    measured = len(report.found)
    stopped = f" (stopped, {report.prompts} asked for)" if measured < report.prompts else ""
    yield f"== {measured} contexts{stopped}; means with 95 % bootstrap intervals"
    for quantity in report.layout.quantities:
        places = report.places(quantity)
        if not places:
            continue
        yield ""
        yield f"-- {quantity.title}"
        rows = [
            [name, *(shown(report.estimate(quantity, name, at), quantity.form) for at in places)]
            for name in report.series(quantity)
        ]
        yield from columns([[quantity.places, *(f"{place:g}" for place in places)], *rows])
        yield from _tests(report, quantity)


def _tests(report: CurveReport, quantity: Quantity) -> Iterator[str]:
    tests = [one for one in report.tests if one.quantity == quantity.name]
    if not tests:
        return
    form = f"+{quantity.form}"
    rows = [
        [
            one.contrast.name,
            f"{one.place:g}",
            shown(one.difference, form),
            f"{one.p:.4f}",
            f"{one.corrected:.4f}",
        ]
        for one in tests
    ]
    yield ""
    yield "paired differences; p by random sign flips, and corrected over this table (Holm)"
    yield from columns([["", quantity.places, "difference", "p", "corrected"], *rows])
