"""`tempo experiment isolation`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.isolation.plan import IsolationPlan
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.engine_options import with_engine_options
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.studies.folder import OutputDir
from tempo.interfaces.cli.studies.interpretability.running import Asked, run_study
from tempo.interfaces.cli.studies.prompts import Count, Prompts, study_prompts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.isolation.study import IsolationStudy
    from tempo.infrastructure.container import Container


@with_engine_options
@with_loading_options
def isolation(
    *,
    prompts: Prompts = None,
    count: Count = 60,
    depth: Annotated[
        list[int] | None,
        typer.Option(help="After so many sets; may be repeated. Default: 1, 2, 3, 4, 6, 8."),
    ] = None,
    steps: Annotated[int, typer.Option(help="Of the runs that go their own way.")] = 40,
    threshold: Annotated[float, typer.Option(help="Of selection.")] = 0.05,
    width: Annotated[int, typer.Option(help="Candidates of a step at most, 2 or more.")] = 5,
    seed: Annotated[int, typer.Option(help="Draws the prompts and the resamples.")] = 42,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    random_weights: RandomWeights = "",
    output_dir: OutputDir = None,
) -> int:
    """Hold siblings that do not see each other against siblings that do."""
    plan = IsolationPlan(
        depths=tuple(depth or (1, 2, 3, 4, 6, 8)),
        steps=steps,
        threshold=threshold,
        width=width,
        seed=seed,
    )
    options: dict[str, Sequence[object]] = {
        "prompts": [] if prompts is None else [prompts], "count": [] if count is None else [count],
        "depth": plan.depths, "steps": [steps], "threshold": [threshold], "width": [width],
        "seed": [seed],
    }  # fmt: skip
    asked = Asked(
        "isolation",
        options,
        plan.settings,
        study_prompts(prompts, count, seed),
        ModelChoice(model, device, dtype, "auto", random_weights),
        output_dir,
    )

    return run_study(asked, partial(_study, plan=plan))


def _study(container: Container, plan: IsolationPlan) -> IsolationStudy:
    made: IsolationStudy = container.isolation_study(plan=plan)
    return made
