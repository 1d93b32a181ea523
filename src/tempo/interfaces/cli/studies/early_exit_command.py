"""`tempo experiment early-exit`."""

from __future__ import annotations

import json
import shlex
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.early_exit.document import early_exit_document
from tempo.application.studies.early_exit.figures import KINDS
from tempo.application.studies.early_exit.plan import EarlyExitPlan
from tempo.application.studies.early_exit.report import EarlyExitReport
from tempo.domain.early_exit import FRACTIONS, Criterion
from tempo.infrastructure.documents import (
    plot_early_exit,
    require_figure,
    require_place,
    save_figure,
    save_text,
)
from tempo.interfaces.cli.failures import INTERRUPTED
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.progress import stop_on_interrupt
from tempo.interfaces.cli.studies.early_exit_tables import early_exit_lines
from tempo.interfaces.cli.studies.folder import OutputDir, StudyFolder
from tempo.interfaces.cli.studies.prompts import Count, Prompts, SkipBad, study_prompts
from tempo.interfaces.cli.studies.telling import measured, repeated, study_facts, study_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OUTPUT = "Output"


@with_loading_options
def early_exit(
    *,
    prompts: Prompts = None,
    skip_bad: SkipBad = False,
    count: Count = None,
    calibration: Annotated[
        int, typer.Option(help="Texts that thresholds are found on; the others are measured on.")
    ] = 100,
    layer: Annotated[
        list[int] | None,
        typer.Option(
            help="Exit after so many layers; may be repeated. Default: at "
            "0.2, 0.4, 0.6, 0.8 and 0.95 of the depth."
        ),
    ] = None,
    fraction: Annotated[
        list[float] | None,
        typer.Option(help="The same as a share of the depth, rounded down; may be repeated."),
    ] = None,
    criterion: Annotated[
        list[Criterion] | None,
        typer.Option(help="What rows are judged by; may be repeated. Default: all."),
    ] = None,
    level: Annotated[
        list[float] | None,
        typer.Option(
            help="Agreement with the full model that thresholds are calibrated to; may be "
            "repeated. Default: 0.95, 0.98, 0.99."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="Tokens of a text.")] = 40,
    set_threshold: Annotated[
        float, typer.Option(help="Of the selection that parallel sets are decoded by.")
    ] = 0.1,
    set_width: Annotated[int, typer.Option(help="Keep at most so many tokens a step there.")] = 8,
    set_texts: Annotated[
        int, typer.Option(help="Decode so many of the measured texts as parallel sets too.")
    ] = 30,
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
        typer.Option(
            help="Draw agreement, speed and exits: .pdf, .png or .svg.", rich_help_panel=OUTPUT
        ),
    ] = None,
    output_dir: OutputDir = None,
) -> int:
    """Let rows leave before the last layer: what agrees, what is lost, what time is saved."""
    plan = EarlyExitPlan(
        layers=tuple(layer or ()),
        fractions=tuple(fraction or FRACTIONS),
        criteria=tuple(criterion or Criterion),
        levels=tuple(level or (0.95, 0.98, 0.99)),
        steps=steps,
        set_threshold=set_threshold,
        set_width=set_width,
        set_texts=set_texts,
        calibration=calibration,
        seed=seed,
    )
    asked_for = study_prompts(prompts, count, seed, skip_bad=skip_bad)
    plan.require_texts(len(asked_for.texts))
    if output_json is not None:
        require_place(output_json)
    if plot is not None:
        require_figure(plot)
    folder = StudyFolder(output_dir, "early-exit")
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    engine = engine_loading.loaded_engine(model, device, dtype, backend, random_weights)
    named = {
        "model": model, "device": device, "dtype": dtype, "backend": backend,
        "random-weights": random_weights, "prompts": prompts, "count": count,
    }  # fmt: skip
    command = _command(plan, named, ["--skip-bad"] if skip_bad else [], fraction or ())
    facts = study_facts(command, engine.description) | asked_for.facts
    study = engine.container.early_exit_study()
    with stop_on_interrupt() as stop:
        start = perf_counter()
        asked = [one.token_ids for one in engine.study_prompts(asked_for.texts)]
        plan.layers_of(study.cost.depth)
        kept = folder.kept(facts | asked_for.digest, engine, KINDS)
        found = measured(study.findings(plan, asked, kept), len(asked), stop, "texts")
        report = EarlyExitReport.of(plan, study.cost, found, len(asked))
    if report.measured:
        lines = early_exit_lines(report)
        text = study_text(facts, lines, perf_counter() - start, len(found))
        sys.stdout.write(text)
        document = early_exit_document(report, facts)
        folder.save(text, document, {"": lambda: plot_early_exit(report)})
        if output_json is not None:
            save_text(json.dumps(document) + "\n", output_json)
        if plot is not None:
            save_figure(plot_early_exit(report), plot)
    return INTERRUPTED if stop.is_set() else 0


def _command(
    plan: EarlyExitPlan,
    named: Mapping[str, object],
    flags: Sequence[str],
    fractions: Sequence[float],
) -> str:
    """Return the command line that gives the same numbers, times aside."""
    words = ["tempo", "experiment", "early-exit"]
    for flag, value in named.items():
        words += repeated(flag, [value] if value not in (None, "") else [])
    words += flags
    words += repeated("calibration", [plan.calibration])
    words += repeated("layer", plan.layers)
    words += repeated("fraction", fractions)
    words += repeated("criterion", [one.value for one in plan.criteria])
    words += repeated("level", plan.levels)
    for flag in ("steps", "set_threshold", "set_width", "set_texts", "seed"):
        words += repeated(flag.replace("_", "-"), [getattr(plan, flag)])
    return shlex.join(words)
