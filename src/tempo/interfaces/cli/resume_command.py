"""`tempo resume`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.records.resuming import require_resumable
from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.documents import Documents
from tempo.interfaces.cli.decoding import ModelChoice, decode
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.output_options import JudgedPrinting, with_output_options
from tempo.interfaces.cli.setting_options import with_setting_options
from tempo.interfaces.cli.show_command import FILE_HELP
from tempo.interfaces.python.lattice import Lattice

if TYPE_CHECKING:
    from tempo.interfaces.python.engine import Engine
    from tempo.interfaces.python.stream import Stream

PLACE = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")


@with_loading_options
@with_setting_options
@with_output_options
def resume(
    file: Annotated[str, typer.Argument(help=FILE_HELP)],
    *,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="STEP:TOKEN",
            help="The candidate to go on from: its step and token id, as tempo show --steps "
            "--show-token-ids prints them.",
        ),
    ],
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
    printing: JudgedPrinting,
    **settings: Any,  # noqa: ANN401 - options of all types
) -> int:
    """Go on from a candidate of a saved lattice, under its settings or others."""
    step, token = _place(at)
    lattice = Lattice.of(Documents.lattice_file().open(file))
    require_resumable(lattice, lattice.provenance, step, token, settings)
    shown = printing()
    chosen = ModelChoice(model, device, dtype, backend, random_weights)

    def stream(engine: Engine) -> Stream:
        return engine.resume_stream(lattice, step, token, **settings)

    prompt = lattice.provenance.prompt or ""
    return decode(stream, chosen, shown, prompt=prompt)


def _place(at: str) -> tuple[int, TokenId]:
    """Read STEP:TOKEN."""
    found = PLACE.fullmatch(at)
    if found is None:
        message = f"--at is {at!r}; give STEP:TOKEN, two whole numbers such as 3:1042"
        raise InvalidValueError(message)
    return int(found[1]), TokenId(int(found[2]))
