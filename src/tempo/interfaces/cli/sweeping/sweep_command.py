"""`tempo sweep`."""

from __future__ import annotations

from typing import Annotated

import typer

from tempo.interfaces.cli.engine_options import chosen_engine, with_an_engine
from tempo.interfaces.cli.named_places import require_named

OUTPUT = "Output"


@with_an_engine
def sweep(
    *,
    spec: Annotated[
        str, typer.Argument(help="What is asked: TOML, YAML or JSON; see the how-to on sweeps.")
    ],
    output_dir: Annotated[
        str | None,
        typer.Option(
            help="Keep the tables and manifest.json in this folder, and go on from what is there. "
            "Default: a folder in output, called as the file.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say how much there is to do, and do nothing."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the manifest.", rich_help_panel=OUTPUT)
    ] = False,
) -> int:
    """Decode prompts under models and settings, each with each, or search among settings."""
    require_named("--output-dir", output_dir)
    from tempo.interfaces.cli.sweeping.asked import read_sweep  # noqa: PLC0415 - takes a second
    from tempo.interfaces.cli.sweeping.running import SweepRun, tell_plan  # noqa: PLC0415

    asked = read_sweep(spec)
    if dry_run:
        tell_plan(asked, as_json=as_json)
        return 0
    return SweepRun(asked, chosen_engine(), output_dir, as_json=as_json).run()
