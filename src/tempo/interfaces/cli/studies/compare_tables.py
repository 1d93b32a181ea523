"""A comparison as plain tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.comparison.tables import calibration_table, tables_of
from tempo.application.studies.comparison.wording import setting_title
from tempo.interfaces.cli.studies.telling import columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.comparison.report import ComparisonReport


def lines_of(report: ComparisonReport) -> Iterator[str]:
    """Yield the lines of a report: setting by setting every table, then the calibrations."""
    prompts = len(report.prompts)
    graded = f"; graded by {report.grader}" if report.grader else ""
    for setting in report.settings:
        yield (
            f"== {setting_title(setting)}, {prompts} prompts; means with 95 % bootstrap "
            f"intervals{graded}"
        )
        for table in tables_of(report, setting):
            yield ""
            yield table.title
            yield from columns(table.rows)
        yield ""
    for name, found in report.calibrations.items():
        table = calibration_table(name, found)
        yield table.title
        yield from columns(table.rows)
        yield ""
