"""A run as one HTML page that needs nothing else: its text, its lattice and its pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING

from tempo.application.records.run_view import StepSpan
from tempo.domain.errors import InvalidValueError
from tempo.domain.model_identity import SHOWN_DIGITS
from tempo.infrastructure.plotting.embedded_picture import picture
from tempo.infrastructure.plotting.runs.kinds import Kind
from tempo.infrastructure.plotting.runs.page_lattice import page_lattice
from tempo.infrastructure.plotting.runs.run_pictures import TITLES, draw_run
from tempo.infrastructure.plotting.runs.token_label import SPACE, spelled, token_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.records.run_view import PlacedStep, RunView
    from tempo.domain.tokens import Candidate
    from tempo.infrastructure.plotting.embedded_picture import Picture

TEMPLATE = "run_page.html.jinja"

MOST_STEPS = 500
"""Steps of a page at most, which keeps it under about 5 MB."""

LISTED = 12
"""Candidates of a step that hovering lists."""

SPOKEN = 4
"""Candidates of a step that a screen reader is told with the step itself."""

DRAWN = (Kind.SETS, Kind.ENTROPY, Kind.THRESHOLD, Kind.ATTENTION, Kind.COST)
"""What the page has as pictures; it draws lattice and posteriors itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate of a step, as hovering lists it."""

    text: str
    probability: str
    posterior: str
    state: str
    best: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A step of the text: its best token, and all that stood beside it."""

    step: int
    text: str
    told: str
    wide: bool
    rows: tuple[Row, ...]
    more: int


def require_run_page() -> None:
    """Refuse a page that could not be made, before the work that it is for.

    Raises:
        InvalidValueError: if Jinja is not installed.
    """
    try:
        import jinja2  # noqa: F401, PLC0415 - optional
    except ImportError:
        message = "the page needs Jinja: pip install 'tempo-decoding[compare,plot]'"
        raise InvalidValueError(message) from None


def run_page(view: RunView) -> tuple[str, str]:
    """Return the page, the same for the same run, and a sentence on what it leaves away.

    Raises:
        InvalidValueError: if Jinja or matplotlib is not installed.
    """
    require_run_page()
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - optional

    shown, note = _bounded(view)
    pictures, missing = _pictures(shown)
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    source = files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    page = environment.from_string(source).render(
        title=spelled(view.name).replace(SPACE, " "),
        facts=list(_facts(view)),
        settings=[
            (name, str(value))
            for name, value in (view.record.provenance.settings or {}).items()
            if value not in (None, [], "")
        ],
        note=note,
        words=[_word(placed) for placed in shown.placed],
        lattice=page_lattice(shown),
        pictures=pictures,
        missing=missing,
    )
    return page, note


def _bounded(view: RunView) -> tuple[RunView, str]:
    """Return as many steps as a page holds, and what is said of the others."""
    count = view.end - view.first
    if count <= MOST_STEPS:
        return view, ""
    end = view.first + MOST_STEPS
    note = (
        f"{view.name}: the page shows steps {view.first} to {end - 1} of {count}, which keeps it "
        "under about 5 MB; name others by --steps A:B"
    )
    return replace(view, span=StepSpan(view.first, end)), note


def _pictures(view: RunView) -> tuple[list[Picture], list[str]]:
    drawn = {kind: draw_run(view, kind) for kind in DRAWN}
    pictures = [
        picture(sheet.figure, TITLES[kind].capitalize() + ".")
        for kind, one in drawn.items()
        for sheet in one.sheets
    ]
    return pictures, [one.note for one in drawn.values() if one.note]


def _facts(view: RunView) -> Iterator[tuple[str, str]]:
    record = view.record
    known, steps = record.provenance, record.lattice.steps
    if known.prompt is not None:
        yield "prompt", _prose(known.prompt)
    yield "text", _prose(record.text)
    if known.model is not None:
        made = known.model
        digits = made.fingerprint[:SHOWN_DIGITS]
        yield "model", f"{made.name} ({made.family}, {made.dtype}), fingerprint {digits}"
    widest = max(step.width for step in steps)
    yield "steps", f"{len(steps)}; {record.lattice.physical_tokens} tokens kept, {widest} at most"
    if known.finish_reason is not None:
        yield "ended", known.finish_reason.value


def _word(placed: PlacedStep) -> Word:
    shown = placed.shown
    candidates = placed.step.candidates
    rows = tuple(_row(one, best=one is shown) for one in _listed(candidates, shown))
    text = "" if shown is None else _prose(shown.text) or token_text(shown)
    return Word(
        step=placed.step.step,
        text=text,
        told=", ".join(f"{row.text} {row.probability}" for row in rows[:SPOKEN]),
        wide=placed.step.width > 1,
        rows=rows,
        more=len(candidates) - len(rows),
    )


def _listed(candidates: Sequence[Candidate], shown: Candidate | None) -> Sequence[Candidate]:
    first = candidates[:LISTED]
    if shown is None or shown in first:
        return first
    return (*first[:-1], shown)


def _row(one: Candidate, *, best: bool) -> Row:
    posterior = "" if one.posterior is None else f"{one.posterior:.3f}"
    return Row(
        text=token_text(one),
        probability=f"{one.probability:.3f}",
        posterior=posterior,
        state=one.state.value.replace("_", " "),
        best=best,
    )


def _prose(text: str) -> str:
    """Return text to be read: a line's end shows and ends the line, what is invisible shows."""
    lines = [spelled(line).replace(SPACE, " ") for line in text.split("\n")]
    return "\u21b5\n".join(lines)
