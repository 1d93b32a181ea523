"""`tempo experiment attention`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.attention.plan import RULES, AttentionPlan
from tempo.application.studies.fidelity.rule import distinct, read_rule
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.engine_options import with_engine_options
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.studies.folder import OutputDir
from tempo.interfaces.cli.studies.interpretability.running import Asked, run_study
from tempo.interfaces.cli.studies.prompts import Count, Prompts, study_prompts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.attention.study import AttentionStudy
    from tempo.infrastructure.container import Container


@with_engine_options
@with_loading_options
def attention(
    *,
    prompts: Prompts = None,
    count: Count = 60,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            help="One more rule beside uniform, lineage and path: NAME=VALUE,NAME=VALUE. "
            "May be repeated."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="Of each run, 2 or more.")] = 24,
    distance: Annotated[int, typer.Option(help="Look so many steps back.")] = 8,
    threshold: Annotated[float, typer.Option(help="Of selection.")] = 0.05,
    width: Annotated[int, typer.Option(help="Candidates of a step at most, 2 or more.")] = 5,
    seed: Annotated[int, typer.Option(help="Draws the prompts and the resamples.")] = 42,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    random_weights: RandomWeights = "",
    output_dir: OutputDir = None,
) -> int:
    """See how later tokens attend to parallel candidates, by layer, head, set size and rank."""
    plan = AttentionPlan(
        rules=distinct([read_rule(text) for text in (*RULES, *(rule or ()))]),
        steps=steps,
        distance=distance,
        threshold=threshold,
        width=width,
        seed=seed,
    )
    options: dict[str, Sequence[object]] = {
        "prompts": [] if prompts is None else [prompts], "count": [] if count is None else [count],
        "rule": rule or (), "steps": [steps], "distance": [distance], "threshold": [threshold],
        "width": [width], "seed": [seed],
    }  # fmt: skip
    asked = Asked(
        "attention",
        options,
        plan.settings,
        study_prompts(prompts, count, seed),
        ModelChoice(model, device, dtype, "transformers", random_weights),
        output_dir,
    )

    return run_study(asked, partial(_study, plan=plan))


def _study(container: Container, plan: AttentionPlan) -> AttentionStudy:
    made: AttentionStudy = container.attention_study(plan=plan)
    return made
