"""A comparison as one HTML page that needs nothing else: pictures are in it, nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.tables import Table, calibration_table, tables_of
from tempo.application.studies.comparison.wording import LABELS, NOTES, setting_title
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.comparison_plot import QUALITY, plot_comparison, plot_counts
from tempo.infrastructure.plotting.contrast_plot import plot_calibration, plot_differences
from tempo.infrastructure.plotting.embedded_picture import Picture, picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.comparison.figures import Setting
    from tempo.application.studies.comparison.report import ComparisonReport

TEMPLATE = "comparison_page.html.jinja"
DRAWN = (QUALITY, "mean_log_probability", "grader_best_log_probability", "coverage")
"""Qualities that are drawn; the tables have all."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page; what is `further` is folded away."""

    anchor: str
    title: str
    pictures: tuple[Picture, ...]
    further: tuple[Picture, ...]
    tables: tuple[Table, ...]


def require_page() -> None:
    """Refuse a page that could not be made, before the work that it is for.

    Raises:
        InvalidValueError: if Jinja or matplotlib is not installed.
    """
    try:
        import jinja2  # noqa: F401, PLC0415 - optional
        import matplotlib.figure  # noqa: F401, PLC0415 - optional
    except ImportError:
        message = "the page needs Jinja and matplotlib: pip install 'tempo-decoding[compare,plot]'"
        raise InvalidValueError(message) from None


def comparison_page(report: ComparisonReport, facts: Mapping[str, object]) -> str:
    """Return the page; the same report and facts give the same text.

    `facts` say what decides the numbers: the command, the model, the libraries' versions.

    Raises:
        InvalidValueError: if Jinja or matplotlib is not installed.
    """
    require_page()
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - optional

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    text = files("tempo.infrastructure.plotting").joinpath(TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(text).render(
        title="Decoding methods compared",
        opening=_opening(report),
        facts=[(name, _told(value)) for name, value in facts.items()],
        notes=list(NOTES.items()),
        parts=[
            *_overview(report),
            *(
                _setting_part(report, setting, f"setting-{number}")
                for number, setting in enumerate(report.settings, start=1)
            ),
            *_calibrations(report),
        ],
    )


def _opening(report: ComparisonReport) -> str:
    graded = f" {report.grader} graded the texts." if report.grader else ""
    return (
        f"{len(report.prompts)} prompts. Means are over prompts, with 95 % bootstrap intervals; "
        f"differences are to {report.plan.reference}, paired by prompt.{graded}"
    )


def _overview(report: ComparisonReport) -> list[Part]:
    """Return how quality grows with the texts asked for, where that was varied."""
    if len({setting.count for setting in report.settings}) == 1:
        return []
    words = (
        f"{LABELS[QUALITY].title.capitalize()}, by the number of texts asked for. Points of one "
        "number stand side by side; bars are 95 % intervals over prompts, which are wider than "
        "those of differences between methods."
    )
    return [Part("counts", "By texts asked for", (picture(plot_counts(report), words),), (), ())]


def _setting_part(report: ComparisonReport, setting: Setting, anchor: str) -> Part:
    defined = [name for name in DRAWN if report.is_defined(setting, name)]
    drawn = [_frontier(report, setting, name) for name in defined]
    return Part(
        anchor=anchor,
        title=setting_title(setting),
        pictures=(*drawn[:1], *_differences(report, setting, defined)),
        further=tuple(drawn[1:]),
        tables=tables_of(report, setting),
    )


def _frontier(report: ComparisonReport, setting: Setting, quality: str) -> Picture:
    words = (
        f"{LABELS[quality].title.capitalize()}, against each cost of a prompt: "
        f"{setting_title(setting)}. Filled marks are on the frontier, which the line follows; "
        "marks with an arrow are further down than the axis; bars are 95 % intervals over prompts."
    )
    return picture(plot_comparison(report, quality, (setting,)), words)


def _differences(
    report: ComparisonReport, setting: Setting, metrics: list[str]
) -> tuple[Picture, ...]:
    if len(report.methods(setting)) == 1 or not metrics:
        return ()
    words = (
        f"Differences to {report.plan.reference}, paired by prompt: {setting_title(setting)}. "
        "Filled marks differ at 0.05 after Holm's correction over the methods; bars are 95 % "
        "bootstrap intervals."
    )
    return (picture(plot_differences(report, setting, metrics), words),)


def _calibrations(report: ComparisonReport) -> list[Part]:
    if not report.calibrations:
        return []
    found = report.calibrations.items()
    pictures = tuple(
        picture(plot_calibration(one), f"Forecasts of {name}: {one.event}.") for name, one in found
    )
    tables = tuple(calibration_table(name, one) for name, one in found)
    return [Part("calibration", "Calibration", pictures, (), tables)]


def _told(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_told, value))
    return str(value)
