"""`tempo experiment pruning`."""

from __future__ import annotations

import json
import shlex
import sys
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.fidelity.plan import BUDGET
from tempo.application.studies.pruning.document import pruning_document
from tempo.application.studies.pruning.findings import KINDS
from tempo.application.studies.pruning.plan import SUPERPOSITIONS, PruningPlan, TextPlan, rules_of
from tempo.application.studies.pruning.report import PruningReport
from tempo.infrastructure.documents import (
    plot_pruning,
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
from tempo.interfaces.cli.studies.folder import OutputDir, StudyFolder
from tempo.interfaces.cli.studies.handing_out import StudyItems
from tempo.interfaces.cli.studies.prompts import Count, Prompts, SkipBad, study_prompts
from tempo.interfaces.cli.studies.pruning_tables import pruning_lines
from tempo.interfaces.cli.studies.telling import repeated, study_facts, study_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tempo.application.studies.fidelity.plan import StudyPrompt
    from tempo.application.studies.keeping import Kept
    from tempo.application.studies.pruning.findings import ContextFindings
    from tempo.infrastructure.container import Container

OUTPUT = "Output"


@with_engine_options
@with_loading_options
def pruning(
    *,
    prompts: Prompts = None,
    skip_bad: SkipBad = False,
    count: Count = None,
    superposition: Annotated[
        list[str] | None, typer.Option(help="Decodes judged sets; may be repeated. Default: all.")
    ] = None,
    lag: Annotated[
        list[int] | None,
        typer.Option(help="Judge after so many later sets; may be repeated. Default: 2, 3, 5."),
    ] = None,
    sets: Annotated[int, typer.Option(help="Decode so many sets to judge.")] = 6,
    threshold: Annotated[float, typer.Option(help="Of the selection.")] = 0.05,
    width: Annotated[int, typer.Option(help="Keep at most so many tokens a step.")] = 8,
    budget: Annotated[
        int, typer.Option(help="Enumerate at most so many paths for one judgement.")
    ] = BUDGET,
    text_steps: Annotated[
        int, typer.Option(help="Tokens of the texts that pruned runs write; 0 for no texts.")
    ] = 60,
    text_count: Annotated[
        int | None, typer.Option(help="Write texts for so many of the prompts. Default: all.")
    ] = None,
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
            help="Draw the scores and the texts: .pdf, .png or .svg.", rich_help_panel=OUTPUT
        ),
    ] = None,
    output_dir: OutputDir = None,
) -> int:
    """Hold what pruning rules go by against the exact shares of all paths; price pruned runs."""
    superpositions, lags = tuple(superposition or SUPERPOSITIONS), tuple(lag or (2, 3, 5))
    plan = PruningPlan(
        rules=rules_of(superpositions),
        lags=lags,
        sets=sets,
        threshold=threshold,
        width=width,
        budget=budget,
        texts=TextPlan(steps=text_steps, threshold=threshold, prompts=text_count),
        seed=seed,
    )
    asked_for = study_prompts(prompts, count, seed, skip_bad=skip_bad)
    if output_json is not None:
        require_place(output_json)
    if plot is not None:
        require_figure(plot)
    folder = StudyFolder(output_dir, "pruning")
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    engine = engine_loading.loaded_engine(model, device, dtype, backend, random_weights)
    named = {
        "model": model,
        "device": device,
        "dtype": dtype,
        "backend": backend,
        "random-weights": random_weights,
        "prompts": prompts,
        "count": count,
    }
    flags = ["--skip-bad"] if skip_bad else []
    command = _command(plan, superpositions, named, flags)
    facts = study_facts(command, engine.description) | asked_for.facts
    with stop_on_interrupt() as stop:
        start = perf_counter()
        asked = engine.study_prompts(asked_for.texts)
        kept = folder.kept(facts | asked_for.digest, engine, KINDS)
        items = StudyItems(partial(_contexts, plan=plan, prompts=asked), KINDS, len(asked))
        chosen = ModelChoice(model, device, dtype, backend, random_weights)
        found = items.found(engine, chosen, kept, stop)
        report = PruningReport(plan, found.all, len(asked))
    if report.contexts:
        seconds = perf_counter() - start
        text = study_text(facts, pruning_lines(report), seconds, len(report.contexts))
        sys.stdout.write(text)
        folder.save(text, pruning_document(report, facts), {"": lambda: plot_pruning(report)})
        if output_json is not None:
            save_text(json.dumps(pruning_document(report, facts), indent=1) + "\n", output_json)
        if plot is not None:
            save_figure(plot_pruning(report), plot)
    return found.code(stop)


def _contexts(
    container: Container,
    kept: Kept[ContextFindings] | None,
    plan: PruningPlan,
    prompts: Sequence[StudyPrompt],
) -> Iterator[ContextFindings]:
    """Measure with a container's model what is not kept."""
    found: Iterator[ContextFindings] = container.pruning_study().contexts(plan, prompts, kept)
    return found


def _command(
    plan: PruningPlan,
    superpositions: tuple[str, ...],
    named: Mapping[str, object],
    flags: Sequence[str],
) -> str:
    """Return the command line that gives the same numbers."""
    words = ["tempo", "experiment", "pruning"]
    for flag, value in named.items():
        words += repeated(flag, [value] if value not in (None, "") else [])
    words += flags
    words += repeated("superposition", superpositions)
    words += repeated("lag", plan.lags)
    for flag in ("sets", "threshold", "width", "budget"):
        words += repeated(flag, [getattr(plan, flag)])
    if plan.texts.prompts is not None:
        words += repeated("text-count", [plan.texts.prompts])
    return shlex.join([*words, "--text-steps", str(plan.texts.steps), "--seed", str(plan.seed)])
