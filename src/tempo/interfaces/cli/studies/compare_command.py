"""`tempo compare`."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.comparison.diversity import require_sacrebleu
from tempo.application.studies.comparison.document import document_of
from tempo.application.studies.comparison.methods import (
    DEFAULT_METHODS,
    DEFAULT_TEMPO,
    KINDS,
    methods_of,
)
from tempo.application.studies.comparison.plan import FORECAST_DRAWS, ComparisonPlan
from tempo.application.studies.comparison.report import MeasuringPlan
from tempo.application.studies.parts import WHOLE, part_of
from tempo.domain.errors import IneffectiveSettingError
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.engine_options import with_engine_options
from tempo.interfaces.cli.failures import INTERRUPTED
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.progress import stop_on_interrupt
from tempo.interfaces.cli.studies.compare_tables import lines_of
from tempo.interfaces.cli.studies.folder import KeptWhere
from tempo.interfaces.cli.studies.handing_out import SOME_FAILED
from tempo.interfaces.cli.studies.prompts import Count, Prompts, SkipBad, all_prompts, drawn
from tempo.interfaces.cli.studies.telling import listed, numbers, repeated, study_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTPUT = "Output"
OPENINGS = "openings"


@with_engine_options
@with_loading_options
def compare(
    *,
    prompts: Prompts = OPENINGS,
    skip_bad: SkipBad = False,
    count: Count = None,
    methods: Annotated[
        str,
        typer.Option(
            help=f"Names with commas between them, each with its numbers behind colons, such as "
            f"greedy,beam:4,nucleus:0.9. The first is what the others are held against. "
            f"Of {', '.join(KINDS)}."
        ),
    ] = ",".join(DEFAULT_METHODS),
    tempo: Annotated[
        list[str] | None,
        typer.Option(
            help="TEMPO under settings: NAME=VALUE with blanks between them; may be repeated, and "
            "is none for none. rescore=no returns the lattice's best paths by its own scores. "
            f"Default: {'; '.join(DEFAULT_TEMPO)}."
        ),
    ] = None,
    n: Annotated[str, typer.Option("--n", help="Texts for a prompt.")] = "1,3,5,10",
    steps: Annotated[int, typer.Option(help="Tokens of a text at most.")] = 30,
    min_steps: Annotated[
        int | None,
        typer.Option(
            help="No text ends by itself before so many tokens. Default: steps, so that all texts "
            "are equally long."
        ),
    ] = None,
    draws: Annotated[
        int, typer.Option(help="Hold TEMPO's posteriors against so many plain draws; 0 for none.")
    ] = FORECAST_DRAWS,
    whole_answers: Annotated[
        bool, typer.Option(help="A text must be a reference, not only begin with it.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of prompts, draws and resamples.")] = 42,
    grader: Annotated[
        str | None, typer.Option(help="A second model, by folder or hub id, that scores texts too.")
    ] = None,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    random_weights: RandomWeights = "",
    output_dir: Annotated[
        str | None,
        typer.Option(
            help="Keep outcomes and the report in this folder. A comparison that was broken off "
            "goes on from what is there.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            help="Decode only every Nth prompt from the Kth on, as K/N, into --output-dir, and "
            "report nothing. The same command without it reports when all parts are there.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON.", rich_help_panel=OUTPUT)
    ] = False,
) -> int:
    """Let decoding methods continue the same prompts: what their texts are worth and cost."""
    tempos = [] if tempo == ["none"] else tempo or DEFAULT_TEMPO
    plan = ComparisonPlan(
        methods=methods_of(methods.split(","), tempos, steps),
        counts=numbers("n", n),
        steps=steps,
        min_steps=steps if min_steps is None else min_steps,
        draws=draws,
        seed=seed,
    )
    kept = _kept(output_dir, part)
    require_sacrebleu()
    corpus = all_prompts(None if prompts == OPENINGS else prompts, skip_bad=skip_bad)
    asked = drawn(corpus, count, seed)
    given = {
        "prompts": prompts, "count": count, "methods": methods, "n": n, "steps": steps,
        "min-steps": plan.min_steps, "draws": draws, "seed": seed, "grader": grader,
        "model": model, "device": device, "dtype": dtype, "random-weights": random_weights or None,
    }  # fmt: skip
    words = ["tempo", "compare"]
    for name, value in given.items():
        words += repeated(name, [] if value is None else [value])
    words += repeated("tempo", tempos or ["none"])
    words += ["--skip-bad"] if skip_bad else []
    words += ["--whole-answers"] if whole_answers else []
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds
    from tempo.interfaces.cli.studies.compare_run import CompareRun  # noqa: PLC0415

    engine = engine_loading.loaded_engine(model, device, dtype, "transformers", random_weights)
    chosen = ModelChoice(model, device, dtype, "transformers", random_weights)
    run = CompareRun(plan, engine, corpus.texts, asked, (chosen, kept))
    facts = study_facts(shlex.join(words), engine.description) | asked.facts
    facts |= {"machine": engine_loading.machine(engine.description.device)}
    measuring = MeasuringPlan(plan.methods[0].name, seed, whole_answers)
    judge = None if grader is None else engine_loading.grader_of(grader, device, dtype)
    with stop_on_interrupt() as stop:
        report = run.report(measuring, judge, stop)
    if report is not None:
        text = "\n".join([*_heading(facts), "", *lines_of(report), ""])
        run.save(report, facts, text)
        document = document_of(report, facts)
        sys.stdout.write(json.dumps(document, indent=1) + "\n" if as_json else text)
    if stop.is_set() or part is not None:
        sys.stderr.write(run.left())
    if stop.is_set():
        return INTERRUPTED
    return SOME_FAILED if run.failed else 0


def _kept(output_dir: str | None, part: str | None) -> KeptWhere:
    if part is not None and output_dir is None:
        message = f"part is {part} without output_dir; name the folder that all parts share"
        raise IneffectiveSettingError(message)
    return KeptWhere(output_dir, WHOLE if part is None else part_of(part))


def _heading(facts: Mapping[str, object]) -> list[str]:
    """Return what decided a comparison, a line each."""
    named = ("model", "versions", "machine")
    return [str(facts["command"]), *(listed(name, facts[name]) for name in named)]
