"""What a sweep came to, as it is printed."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from tempo.application.sweeps.items import items_under
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.studies.telling import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tempo.application.sweeps.run import ResultShelf, Search
    from tempo.application.sweeps.spec import SearchSpec
    from tempo.interfaces.cli.sweeping.asked import Asked

MEANS = {"mean_log_probability": ".3f", "mean_width": ".2f", "rows_a_step": ".1f"}
"""Figures of the table, and in which form they stand there."""

SHOWN = 50
"""Lines of the table at most."""


def grid_lines(asked: Asked, shelf: ResultShelf) -> Iterator[str]:
    """Yield a line for each model under each settings: means over its prompts."""
    spec = asked.spec
    rows = [("settings", "results", *(name.replace("_", " ") for name in MEANS))]
    points = [(model, point) for model in range(len(spec.models)) for point in spec.points()]
    for model, point in points[:SHOWN]:
        ids = {item.id for item in items_under(model, point, asked.prompts)}
        ids = {one for one in ids if one in shelf.held}
        named = spec.models[model].name if len(spec.models) > 1 else ""
        found = {name: shelf.figures(name, ids).values() for name in MEANS}
        means = [
            f"{fmean(values):{MEANS[name]}}" if values else "-" for name, values in found.items()
        ]
        rows.append((_named(named, point), str(len(ids)), *means))
    yield from columns(rows)
    if len(points) > SHOWN:
        yield f"and {len(points) - SHOWN} more in the tables"


def search_lines(search: Search, asked: SearchSpec) -> Iterator[str]:
    """Yield a line for each of the best trials, the best one first."""
    judged = [trial for trial in search.trials if trial.value is not None]
    judged.sort(key=lambda trial: trial.value or 0.0, reverse=asked.direction == "maximize")
    rows = [("trial", asked.figure.replace("_", " "), "settings")]
    rows += [(str(one.number), f"{one.value:.4f}", _named("", one.settings)) for one in judged[:5]]
    yield from columns(rows)
    wrong = [trial for trial in search.trials if trial.value is None]
    told = f"; {len(wrong)} came to nothing, the last one since {wrong[-1].reason}" if wrong else ""
    yield f"{len(judged)} of {len(search.trials)} trials judged{readable(told)}"


def _named(model: str, settings: Mapping[str, object]) -> str:
    told = " ".join(f"{name}={_short(value)}" for name, value in settings.items()) or "defaults"
    return readable(f"{model} {told}".strip())


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
