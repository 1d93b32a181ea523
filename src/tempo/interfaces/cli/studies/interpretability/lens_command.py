"""`tempo experiment lens`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.lens.plan import LensPlan
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.engine_options import with_engine_options
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.studies.folder import OutputDir
from tempo.interfaces.cli.studies.interpretability.running import Asked, run_study
from tempo.interfaces.cli.studies.prompts import Count, Prompts, study_prompts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.lens.study import LensStudy
    from tempo.infrastructure.container import Container


@with_engine_options
@with_loading_options
def lens(
    *,
    prompts: Prompts = None,
    count: Count = 60,
    seed: Annotated[int, typer.Option(help="Draws the prompts and the resamples.")] = 42,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    random_weights: RandomWeights = "",
    output_dir: OutputDir = None,
) -> int:
    """Read rows that see two candidates layer by layer: where do they commit to one?"""
    plan = LensPlan(seed=seed)
    options: dict[str, Sequence[object]] = {
        "prompts": [] if prompts is None else [prompts],
        "count": [] if count is None else [count],
        "seed": [seed],
    }
    asked = Asked(
        "lens",
        options,
        plan.settings,
        study_prompts(prompts, count, seed),
        ModelChoice(model, device, dtype, "transformers", random_weights),
        output_dir,
    )

    return run_study(asked, partial(_study, plan=plan))


def _study(container: Container, plan: LensPlan) -> LensStudy:
    made: LensStudy = container.lens_study(plan=plan)
    return made
