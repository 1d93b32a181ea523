"""The options by which a command that decodes is looked at."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.decoding.watching import MemoryBound
from tempo.domain.errors import IneffectiveSettingError
from tempo.infrastructure.documents import (
    call_statistics,
    flame_graph,
    operation_trace,
    resident_bytes,
)
from tempo.infrastructure.logging import keep
from tempo.interfaces.cli.model_options import log_to_stderr
from tempo.interfaces.cli.named_places import require_named

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

PANEL = "Debugging and profiling"
STATISTICS = "tempo_profile.prof"


@dataclass(frozen=True, slots=True)
class Observing:
    """What is looked at.

    Attributes:
        tells_events: whether somebody hears events.
        profiles: whether phases are measured.
        recordings: contexts to stand in from the loaded model on.
        max_memory_gb: what the process may hold; None for no bound.
    """

    tells_events: bool
    profiles: bool
    recordings: tuple[AbstractContextManager[None], ...]
    max_memory_gb: float | None


def observing(
    *,
    debug_mode: Annotated[
        bool,
        typer.Option(
            "--debug-mode",
            help="Log every event to standard error and to logs/tempo-DATE.log, prompts included.",
            rich_help_panel=PANEL,
        ),
    ] = False,
    log_file: Annotated[
        str | None,
        typer.Option(help="Log to this file, in JSON lines that rotate.", rich_help_panel=PANEL),
    ] = None,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile",
            help="Print time and memory by phase on standard error.",
            rich_help_panel=PANEL,
        ),
    ] = False,
    use_cprofile: Annotated[
        bool,
        typer.Option(
            "--use-cprofile",
            help=f"Write the statistics of calls to {STATISTICS}, and print the longest.",
            rich_help_panel=PANEL,
        ),
    ] = False,
    profile_output: Annotated[
        str | None,
        typer.Option(
            help="The file of --use-cprofile; with --profile alone, a flame graph in .html.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    torch_trace: Annotated[
        str | None,
        typer.Option(
            help="Write torch's operations to this file, in Chrome's trace format.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    max_memory_gb: Annotated[
        float | None,
        typer.Option(
            help="End the run once the process holds so many GB (10^9 bytes), on CUDA the device.",
            rich_help_panel=PANEL,
        ),
    ] = None,
) -> Observing:
    """Judge what was chosen, and begin to log."""
    require_named("--log-file", log_file)
    if max_memory_gb is not None:
        MemoryBound(max_memory_gb, resident_bytes)
    recordings = []
    if use_cprofile:
        recordings.append(call_statistics(profile_output or STATISTICS, _tell))
    elif profile and profile_output is not None:
        recordings.append(flame_graph(profile_output))
    elif profile_output is not None:
        message = "--profile-output would have no effect; add --profile or --use-cprofile"
        raise IneffectiveSettingError(message)
    if torch_trace is not None:
        recordings.append(operation_trace(torch_trace))
    log_to_stderr(debug=debug_mode)
    logs = debug_mode or log_file is not None
    if logs:
        keep(log_file, debug=debug_mode, told=lambda sentence: _tell(f"tempo: {sentence}\n"))
    return Observing(logs, profile, tuple(recordings), max_memory_gb)


def _tell(text: str) -> None:
    """Write to standard error."""
    sys.stderr.write(text)
