"""`tempo experiment ambiguity`."""

from __future__ import annotations

import json
import shlex
import sys
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.ambiguity.document import ambiguity_document
from tempo.application.studies.ambiguity.figures import KINDS
from tempo.application.studies.ambiguity.plan import RULES, AmbiguityPlan
from tempo.application.studies.ambiguity.report import AmbiguityReport
from tempo.application.studies.fidelity.rule import distinct, read_rule
from tempo.application.studies.tasks.catalogue import task_of
from tempo.infrastructure.documents import (
    plot_ambiguity,
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
from tempo.interfaces.cli.studies.ambiguity_tables import ambiguity_lines
from tempo.interfaces.cli.studies.folder import OutputDir, StudyFolder
from tempo.interfaces.cli.studies.handing_out import StudyItems
from tempo.interfaces.cli.studies.telling import repeated, study_facts, study_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.ambiguity.figures import ContextFigures
    from tempo.application.studies.ambiguity.pairs import Pair
    from tempo.application.studies.keeping import Kept
    from tempo.infrastructure.container import Container

OUTPUT = "Output"


@with_engine_options
@with_loading_options
def ambiguity(
    *,
    count: Annotated[int, typer.Option(help="Contexts of the task `ambiguity`.")] = 120,
    weight: Annotated[
        list[float] | None,
        typer.Option(help="Of the first continuation; may be repeated. Default: 0.5, 0.9."),
    ] = None,
    depth: Annotated[
        list[int] | None,
        typer.Option(help="After so many sets; may be repeated. Default: 1, 2, 3, 4, 6, 8."),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            help="One more rule beside lineage, plain lineage, path, marginal and uniform: "
            "NAME=VALUE,NAME=VALUE. May be repeated."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the contexts and the resamples.")] = 42,
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
            help="Draw KL and weights by depth: .pdf, .png or .svg.", rich_help_panel=OUTPUT
        ),
    ] = None,
    output_dir: OutputDir = None,
) -> int:
    """Inject two continuations with known weights: does the state carry both?"""
    plan = AmbiguityPlan(
        rules=distinct([read_rule(text) for text in (*RULES, *(rule or ()))]),
        weights=tuple(weight or (0.5, 0.9)),
        depths=tuple(depth or (1, 2, 3, 4, 6, 8)),
        seed=seed,
    )
    items = task_of("ambiguity").items(count, seed)
    if output_json is not None:
        require_place(output_json)
    if plot is not None:
        require_figure(plot)
    folder = StudyFolder(output_dir, "ambiguity")
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    engine = engine_loading.loaded_engine(model, device, dtype, backend, random_weights)
    study = engine.container.ambiguity_study()
    options = {
        "count": [count], "weight": plan.weights, "depth": plan.depths, "rule": rule or (),
        "seed": [seed], "model": [model], "device": [device], "dtype": [dtype],
        "backend": [backend], "random-weights": [random_weights] if random_weights else (),
    }  # fmt: skip
    words = [word for name, values in options.items() for word in repeated(name, values)]
    facts = study_facts(
        shlex.join(["tempo", "experiment", "ambiguity", *words]), engine.description
    )
    with stop_on_interrupt() as stop:
        start = perf_counter()
        pairs = study.pairs(items)
        kept = folder.kept(facts, engine, KINDS)
        asked = StudyItems(partial(_contexts, plan=plan, pairs=pairs), KINDS, len(pairs))
        chosen = ModelChoice(model, device, dtype, backend, random_weights)
        found = asked.found(engine, chosen, kept, stop)
        report = AmbiguityReport(plan, found.all, len(pairs), left_out=count - len(pairs))
    if report.contexts:
        text = study_text(
            facts, ambiguity_lines(report), perf_counter() - start, len(report.contexts)
        )
        sys.stdout.write(text)
        folder.save(text, ambiguity_document(report, facts), {"": lambda: plot_ambiguity(report)})
        if output_json is not None:
            save_text(json.dumps(ambiguity_document(report, facts)) + "\n", output_json)
        if plot is not None:
            save_figure(plot_ambiguity(report), plot)
    return found.code(stop)


def _contexts(
    container: Container,
    kept: Kept[ContextFigures] | None,
    plan: AmbiguityPlan,
    pairs: Sequence[Pair],
) -> Iterator[ContextFigures]:
    """Measure with a container's model what is not kept."""
    found: Iterator[ContextFigures] = container.ambiguity_study().contexts(plan, pairs, kept)
    return found
