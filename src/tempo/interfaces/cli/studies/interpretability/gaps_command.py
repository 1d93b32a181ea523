"""`tempo experiment gaps`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.gaps.plan import GAPS, GapsPlan
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.engine_options import with_engine_options
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.studies.folder import OutputDir
from tempo.interfaces.cli.studies.interpretability.running import Asked, run_study
from tempo.interfaces.cli.studies.prompts import Count, Prompts, study_prompts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.gaps.study import GapsStudy
    from tempo.infrastructure.container import Container


@with_engine_options
@with_loading_options
def gaps(
    *,
    prompts: Prompts = None,
    count: Count = 60,
    gap: Annotated[
        list[int] | None,
        typer.Option(
            help="Positions, or rows, behind the prompt; may be repeated. "
            f"Default: {', '.join(map(str, GAPS))}."
        ),
    ] = None,
    prompt_tokens: Annotated[
        int, typer.Option(help="Use so many tokens of each prompt at most.")
    ] = 12,
    tokens: Annotated[
        int, typer.Option(help="Of the model's own continuation, behind the gap.")
    ] = 8,
    seed: Annotated[int, typer.Option(help="Draws the prompts and the resamples.")] = 42,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    random_weights: RandomWeights = "",
    output_dir: OutputDir = None,
) -> int:
    """Put gaps between positions, under an explicit mask, and apart from gaps in the sequence."""
    plan = GapsPlan(gaps=tuple(gap or GAPS), prompt=prompt_tokens, tokens=tokens, seed=seed)
    options: dict[str, Sequence[object]] = {
        "prompts": [] if prompts is None else [prompts], "count": [] if count is None else [count],
        "gap": plan.gaps, "prompt-tokens": [prompt_tokens], "tokens": [tokens], "seed": [seed],
    }  # fmt: skip
    asked = Asked(
        "gaps",
        options,
        plan.settings,
        study_prompts(prompts, count, seed),
        ModelChoice(model, device, dtype, "transformers", random_weights),
        output_dir,
    )

    return run_study(asked, partial(_study, plan=plan))


def _study(container: Container, plan: GapsPlan) -> GapsStudy:
    made: GapsStudy = container.gaps_study(plan=plan)
    return made
