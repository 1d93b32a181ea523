"""`tempo experiment capture`."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.prompting import Prompt
from tempo.application.settings.reading import build_request, read_settings
from tempo.application.studies.capture.document import capture_index
from tempo.application.studies.capture.plan import MEGABYTE, CapturePlan
from tempo.domain.activations import PROMPT, Watch
from tempo.domain.errors import InvalidValueError, OutputError
from tempo.infrastructure.documents import require_array_format, save_arrays, save_text
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.prompt_source import prompt_text
from tempo.interfaces.cli.setting_options import with_setting_options
from tempo.interfaces.cli.studies.telling import numbers, study_facts

if TYPE_CHECKING:
    from tempo.application.studies.capture.study import CapturedRun

LARGEST_STEP = 100_000


@with_loading_options
@with_setting_options
def capture(
    prompt: Annotated[
        str | None,
        typer.Argument(help="What to continue; - or nothing reads standard input."),
    ] = None,
    *,
    prompt_file: Annotated[
        str | None, typer.Option(help="A UTF-8 file that holds the prompt.")
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(
            help="Of these layers, 0 the first, with commas; their number stands for what leaves "
            "the last. Default: all."
        ),
    ] = None,
    what: Annotated[
        str, typer.Option(help="Which arrays, with commas: attention, logits, hidden.")
    ] = "attention,logits,hidden",
    steps: Annotated[
        str, typer.Option(help="At these steps: 0-9, 3,5-7, or prompt,0-3 for the prompt's end.")
    ] = "0-9",
    max_mb: Annotated[
        float, typer.Option(help="Refuse, before the run, arrays that may be larger.")
    ] = 64.0,
    array_format: Annotated[
        str, typer.Option("--format", help="Of the arrays' file: npz or safetensors.")
    ] = "npz",
    output_dir: Annotated[
        str, typer.Option(help="Where the arrays and their index.json go.")
    ] = "output/capture",
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
    **settings: Any,  # noqa: ANN401 - options of all types
) -> int:
    """Keep a run's attention, logits and hidden states in files, with an index."""
    named = None if layers is None else numbers("layers", layers)
    parts = tuple(word.strip() for word in what.split(","))
    plan = CapturePlan(Watch.of(named, read_steps(steps), parts), max_mb)
    require_array_format(array_format)
    made = read_settings({"max_steps": plan.max_steps, **settings})
    text = prompt_text(prompt, None, prompt_file)
    folder = _folder(output_dir)
    engine = ModelChoice(model, device, dtype, backend, random_weights).load()
    container = engine.container
    request = build_request(made, Prompt(text).encoded(container.tokenizer()))
    captured: CapturedRun = container.capture_run().run(request, plan)
    asked = {"layers": layers, "what": what, "steps": steps, "model": model, **settings}
    words = [w for name, value in asked.items() if value is not None for w in _word(name, value)]
    facts = study_facts(
        shlex.join(["tempo", "experiment", "capture", *words, "--", text]), engine.description
    ) | {"fingerprint": engine.identity.fingerprint}
    file = f"capture.{array_format}"
    save_arrays(captured.arrays, folder / file)
    module_of = container.activations().module_of
    index = capture_index(captured, facts, file, container.tokenizer(), module_of)
    save_text(json.dumps(index, indent=1) + "\n", folder / "index.json")
    _tell(captured, plan, str(folder / file))
    return 0


def read_steps(text: str) -> tuple[int, ...]:
    """Return the steps that words and ranges with commas between them name.

    Raises:
        InvalidValueError: for what is neither, or a range that goes down.
    """
    found: list[int] = []
    for word in text.split(","):
        first, dash, last = word.strip().partition("-")
        if word.strip() == "prompt":
            found.append(PROMPT)
            continue
        wrong = not first.isdecimal() or (dash and not last.isdecimal())
        low, high = (-1, -1) if wrong else (int(first), int(last or first))
        if wrong or low > high or high > LARGEST_STEP:
            message = (
                f"steps is {text!r}; give steps from 0 to {LARGEST_STEP} and ranges with commas "
                "between them, such as 0-9 or prompt,0,4-6"
            )
            raise InvalidValueError(message)
        found += range(low, high + 1)
    return tuple(found)


def _word(name: str, value: object) -> list[str]:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    values = value if isinstance(value, (list, tuple)) else (value,)
    return [word for one in values for word in (f"--{flag}", str(one))]


def _folder(name: str) -> Path:
    folder = Path(name).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{name} cannot be made: {error.strerror or error}; choose another folder"
        raise OutputError(message) from error
    return folder


def _tell(captured: CapturedRun, plan: CapturePlan, file: str) -> None:
    """Say what was kept, and what was asked for and never came."""
    size = captured.bytes / MEGABYTE
    lines = [
        f"{file}: {len(captured.arrays)} arrays, {len(captured.rows)} rows, {size:.2f} MB",
        *(
            f"  {name} {' x '.join(map(str, array.shape))}"
            for name, array in captured.arrays.items()
        ),
    ]
    last = max((row.step for row in captured.rows), default=PROMPT)
    if last < plan.steps[-1]:
        lines.append(f"the run ended: no step behind {last} went through the model")
    sys.stdout.write("\n".join([*lines, ""]))
