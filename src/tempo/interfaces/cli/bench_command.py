"""`tempo bench`."""

from __future__ import annotations

import json
import sys
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console

from tempo.application.studies.speed.document import speed_document
from tempo.application.studies.speed.plan import SpeedPlan
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.configuration import DTYPES
from tempo.infrastructure.documents import require_place, save_text
from tempo.interfaces.cli.bench_tables import bench_lines, weights_lines
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.studies.telling import numbers, repeated, study_facts

OUTPUT = "Output"

TEXTS = 100
"""Story openings whose tokens are scored, about two thousand."""


@with_loading_options
def bench(
    *,
    widths: Annotated[str, typer.Option(help="Candidates a step.")] = "1,2,4,8,16",
    contexts: Annotated[
        str,
        typer.Option(
            help="Prompt tokens. Beyond the model's own context its shape is timed with random "
            "weights."
        ),
    ] = "128,512,2048,8192",
    batches: Annotated[
        str, typer.Option(help="Prompts at once, each at width 4; none for none.")
    ] = "1,8,32",
    rounds: Annotated[int, typer.Option(help="Time each method so often, all in turn.")] = 7,
    weights: Annotated[
        str,
        typer.Option(
            help="Also hold weights of these types against the first of them, such as "
            "float32,bfloat16,int8: what a step costs, and what a token's log-probability loses."
        ),
    ] = "none",
    steps: Annotated[int, typer.Option(help="Steps, or tokens, of one timing.")] = 16,
    seed: Annotated[int, typer.Option(help="Draws the prompts.")] = 42,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
    output_json: Annotated[
        str | None,
        typer.Option(help="Write all numbers to this file.", rich_help_panel=OUTPUT),
    ] = None,
) -> None:
    """Time steps on this machine, beside the same model's greedy and beam decoding."""
    plan = SpeedPlan(
        widths=numbers("widths", widths),
        contexts=numbers("contexts", contexts),
        batches=() if batches == "none" else numbers("batches", batches),
        rounds=rounds,
        steps=steps,
        seed=seed,
    )
    types = _types(weights)
    if output_json is not None:
        require_place(output_json)
    from tempo.infrastructure.container import speed_study, weights_study  # noqa: PLC0415 - seconds
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415

    engine = engine_loading.loaded_engine(model, device, dtype, backend, random_weights)
    description = engine.description
    start = perf_counter()
    study = speed_study(engine.container, plan.longest, seed)
    console = Console(stderr=True, highlight=False)
    with console.status("preparing") as status:
        report = study.run(plan, status.update)
        variants = {
            name: engine_loading.loaded_engine(model, device, name, backend, random_weights)
            for name in types
        }
        held = {name: variant.container for name, variant in variants.items()}
        compared = weights_study(held, TEXTS).run(plan, status.update) if held else None
    options = {
        "widths": widths, "contexts": contexts, "batches": batches, "rounds": rounds,
        "steps": steps, "seed": seed, "model": model, "device": device, "dtype": dtype,
        "backend": backend,
    }  # fmt: skip
    if types:
        options["weights"] = weights
    if random_weights:
        options["random-weights"] = random_weights
    words = [word for name, value in options.items() for word in repeated(name, (value,))]
    facts = study_facts(" ".join(["tempo bench", *words]), description) | {
        "machine": engine_loading.machine(description.device),
        "random_weights": plan.longest > description.context,
    }
    told = [*bench_lines(report, facts), *(weights_lines(compared) if compared else ())]
    sys.stdout.write("\n".join([*told, ""]))
    sys.stdout.write(f"\n{perf_counter() - start:.0f} s\n")
    if output_json is not None:
        document = speed_document(report, facts)
        if compared:
            document["weights"] = compared.document()
        save_text(json.dumps(document, indent=1) + "\n", output_json)


def _types(text: str) -> tuple[str, ...]:
    """Return the types of weights that commas part, each once; none for none."""
    if text == "none":
        return ()
    allowed = [name for name in DTYPES if name != "auto"]
    for name in text.split(","):
        if name not in allowed:
            message = f"weights has {name!r}; name types among {', '.join(allowed)}, or none"
            raise InvalidValueError(message)
    return tuple(dict.fromkeys(text.split(",")))
