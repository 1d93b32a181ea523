"""`tempo replay`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.records.rerun import require_repeatable
from tempo.domain.errors import IneffectiveSettingError
from tempo.infrastructure.configuration import EMBEDDED
from tempo.infrastructure.documents import Documents
from tempo.interfaces.cli.loading_options import chosen_options, with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.rendering import one_line
from tempo.interfaces.cli.show_command import FILE_HELP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.records.agreement import Agreement
    from tempo.application.records.record import RunRecord
    from tempo.application.records.rerun import RerunReport

DIFFERENT = 1
SHOWN_DIFFERENCES = 3


@with_loading_options
def replay(
    file: Annotated[str, typer.Argument(help=FILE_HELP)],
    *,
    rerun: Annotated[
        bool,
        typer.Option("--rerun", help="Also repeat the run on the model that made the lattice."),
    ] = False,
    model: Model = EMBEDDED,
    device: Device = "auto",
    dtype: Dtype = "auto",
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
) -> int:
    """Compute a saved lattice's answers anew from its transitions, and compare."""
    chosen = {
        "--model": model != EMBEDDED,
        "--device": device != "auto",
        "--dtype": dtype != "auto",
        "--backend": backend != "auto",
        "--random-weights": bool(random_weights),
        **{f"--{name.replace('_', '-')}": bool(value) for name, value in _options().items()},
    }
    for name, given in chosen.items():
        if given and not rerun:
            message = f"{name} would have no effect: it needs --rerun"
            raise IneffectiveSettingError(message)
    record = Documents.lattice_file().open(file)
    if rerun:
        require_repeatable(record)
    agreements = Documents.replay().run(record)
    equal = _print(f"replayed {len(record.lattice)} steps from their transitions", agreements)
    if rerun:
        report = _repeated(record, (model, device, dtype, backend, random_weights))
        title = f"repeated on {one_line(model)}, {report.steps} steps compared"
        equal &= _print(title, report.agreements)
        if report.tie is not None:
            sys.stdout.write(f"no further: {report.tie}\n")
    return 0 if equal else DIFFERENT


def _options() -> dict[str, object]:
    return asdict(chosen_options())


def _repeated(record: RunRecord, model: tuple[str, str, str, str, str]) -> RerunReport:
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    engine = engine_loading.loaded_engine(*model)
    report: RerunReport = engine.container.rerun().run(record, engine.identity)
    return report


def _print(title: str, agreements: Sequence[Agreement]) -> bool:
    """Print what was compared, and the first differences; return whether all is equal."""
    sys.stdout.write(f"{title}:\n")
    for one in agreements:
        sys.stdout.write(f"  {one.what:<12} {_verdict(one)}\n")
        for difference in one.differences[:SHOWN_DIFFERENCES]:
            sys.stdout.write(f"    {one_line(str(difference))}\n")
    equal = all(one.equal for one in agreements)
    sys.stdout.write("equal\n" if equal else "DIFFERENT\n")
    return equal


def _verdict(one: Agreement) -> str:
    if not one.compared:
        return "nothing to compare"
    values = f"{one.compared} value{'s' * (one.compared > 1)}"
    if not one.equal:
        return f"{len(one.differences)} of {values} different"
    return f"{values} equal" + (f" within {one.largest:.1e}" if one.largest else "")
