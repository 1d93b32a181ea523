"""`tempo fidelity`."""

from __future__ import annotations

import json
import sys
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.fidelity.document import study_document
from tempo.application.studies.fidelity.figures import KINDS
from tempo.application.studies.fidelity.plan import BUDGET
from tempo.application.studies.fidelity.report import FidelityReport
from tempo.infrastructure.documents import (
    plot_fidelity,
    require_figure,
    require_place,
    save_figure,
    save_text,
)
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.engine_options import with_engine_options
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.progress import stop_on_interrupt
from tempo.interfaces.cli.studies.fidelity_options import StudyOptions
from tempo.interfaces.cli.studies.fidelity_tables import report_lines
from tempo.interfaces.cli.studies.folder import OutputDir, StudyFolder
from tempo.interfaces.cli.studies.handing_out import StudyItems
from tempo.interfaces.cli.studies.prompts import Count, Prompts, SkipBad, study_prompts
from tempo.interfaces.cli.studies.telling import study_facts, study_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.fidelity.figures import ContextFigures
    from tempo.application.studies.fidelity.plan import StudyPlan, StudyPrompt
    from tempo.application.studies.keeping import Kept
    from tempo.infrastructure.container import Container

RULES = "Rules"
OUTPUT = "Output"


@with_engine_options
@with_loading_options
def fidelity(
    *,
    prompts: Prompts = None,
    skip_bad: SkipBad = False,
    count: Count = None,
    superposition: Annotated[
        list[str] | None, typer.Option(help="May be repeated, or all.", rich_help_panel=RULES)
    ] = None,
    readout: Annotated[
        list[str] | None, typer.Option(help="May be repeated, or all.", rich_help_panel=RULES)
    ] = None,
    visibility: Annotated[
        list[str] | None, typer.Option(help="May be repeated, or all.", rich_help_panel=RULES)
    ] = None,
    positions: Annotated[
        list[str] | None, typer.Option(help="May be repeated, or all.", rich_help_panel=RULES)
    ] = None,
    sharpness: Annotated[
        list[str] | None, typer.Option(help="Of lineage; may be repeated.", rich_help_panel=RULES)
    ] = None,
    window: Annotated[
        list[str] | None, typer.Option(help="Of lineage; may be repeated.", rich_help_panel=RULES)
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            help="One more rule beside all combinations of the above: NAME=VALUE,NAME=VALUE. "
            "May be repeated.",
            rich_help_panel=RULES,
        ),
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(
            help="Of the selection, a share of all hypotheses together; may be repeated. "
            "Default: 0.1."
        ),
    ] = None,
    depth: Annotated[
        list[str] | None,
        typer.Option(help="After so many token sets: 4, 2-6 or 1,3,5. Default: 2-6."),
    ] = None,
    width: Annotated[int, typer.Option(help="Keep at most so many tokens a step.")] = 8,
    budget: Annotated[
        int, typer.Option(help="Enumerate at most so many paths of a context and depth.")
    ] = BUDGET,
    seed: Annotated[int, typer.Option(help="Draws the prompts and the resamples.")] = 42,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
    output_json: Annotated[
        str | None,
        typer.Option(help="Write all numbers to this file.", rich_help_panel=OUTPUT),
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(help="Draw KL by depth: .pdf, .png or .svg.", rich_help_panel=OUTPUT),
    ] = None,
    output_dir: OutputDir = None,
) -> int:
    """Hold rules against the exact next-token distribution over all paths of their lattices."""
    options = StudyOptions(
        axes={
            "superposition": superposition or (),
            "sharpness": sharpness or (),
            "window": window or (),
            "readout": readout or (),
            "visibility": visibility or (),
            "positions": positions or (),
        },
        rules=rule or (),
        thresholds=threshold or (0.1,),
        depths=depth or ("2-6",),
        width=width,
        budget=budget,
        seed=seed,
        others={
            "model": model,
            "device": device,
            "dtype": dtype,
            "backend": backend,
            "random-weights": random_weights,
            "prompts": prompts,
            "count": count,
        },
        flags=("skip-bad",) if skip_bad else (),
    )
    plan, asked_for = options.plan(), study_prompts(prompts, count, seed, skip_bad=skip_bad)
    if output_json is not None:
        require_place(output_json)
    if plot is not None:
        require_figure(plot)
    folder = StudyFolder(output_dir, "fidelity")
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    engine = engine_loading.loaded_engine(model, device, dtype, backend, random_weights)
    facts = study_facts(options.command(), engine.description) | asked_for.facts
    with stop_on_interrupt() as stop:
        start = perf_counter()
        asked = engine.study_prompts(asked_for.texts)
        kept = folder.kept(facts | asked_for.digest, engine, KINDS)
        items = StudyItems(partial(_contexts, plan=plan, prompts=asked), KINDS, len(asked))
        chosen = ModelChoice(model, device, dtype, backend, random_weights)
        found = items.found(engine, chosen, kept, stop)
        report = FidelityReport(plan, found.all, len(asked))
    if report.contexts:
        seconds = perf_counter() - start
        text = study_text(facts, report_lines(report), seconds, len(report.contexts))
        sys.stdout.write(text)
        folder.save(text, study_document(report, facts), {"": lambda: plot_fidelity(report)})
        if output_json is not None:
            save_text(json.dumps(study_document(report, facts), indent=1) + "\n", output_json)
        if plot is not None:
            save_figure(plot_fidelity(report), plot)
    return found.code(stop)


def _contexts(
    container: Container,
    kept: Kept[ContextFigures] | None,
    plan: StudyPlan,
    prompts: Sequence[StudyPrompt],
) -> Iterator[ContextFigures]:
    """Measure with a container's model what is not kept."""
    found: Iterator[ContextFigures] = container.fidelity().contexts(plan, prompts, kept)
    return found
