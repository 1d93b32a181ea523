"""`tempo experiment consolidate`."""

from __future__ import annotations

import hashlib
import inspect
import shlex
import sys
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.studies.consolidation.document import consolidation_document
from tempo.application.studies.consolidation.eviction import Protection
from tempo.application.studies.consolidation.figures import KINDS
from tempo.application.studies.consolidation.passages import drawn, made_texts, passages
from tempo.application.studies.consolidation.plan import (
    ATTENTION,
    EVICTIONS,
    ConsolidationPlan,
    Rate,
)
from tempo.application.studies.consolidation.report import ConsolidationReport
from tempo.application.studies.consolidation.update import Matrix
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.documents import plot_consolidation
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.engine_options import with_engine_options
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.progress import stop_on_interrupt
from tempo.interfaces.cli.prompt_source import read_bytes
from tempo.interfaces.cli.studies.consolidation_tables import consolidation_lines
from tempo.interfaces.cli.studies.folder import OutputDir, StudyFolder
from tempo.interfaces.cli.studies.handing_out import StudyItems
from tempo.interfaces.cli.studies.prompts import held_out_texts
from tempo.interfaces.cli.studies.telling import (
    listed,
    numbers,
    repeated,
    study_facts,
    study_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.consolidation.figures import Part
    from tempo.application.studies.consolidation.measuring import Material
    from tempo.application.studies.keeping import Kept
    from tempo.infrastructure.container import Container

ALPHAS = (0.001, 0.01)
MATRICES = ("k", "v", "kv", "o")
TOP_K = (8,)


@with_engine_options
@with_loading_options
def consolidate(
    *,
    texts: Annotated[
        str | None,
        typer.Option(
            help="A UTF-8 file of held-out texts, one a line, or JSON lines of objects with "
            "`text`. Results carry its hash. Default: stories that the project makes."
        ),
    ] = None,
    count: Annotated[int, typer.Option(help="Draw so many passages.")] = 200,
    length: Annotated[int, typer.Option(help="Tokens of a passage.")] = 128,
    pieces: Annotated[int, typer.Option(help="Cut so many passages from a text at most.")] = 1,
    window: Annotated[int, typer.Option(help="So many tokens are live at most.")] = 32,
    rows: Annotated[int, typer.Option(help="Tokens read in one pass.")] = 8,
    sinks: Annotated[int, typer.Option(help="So many first tokens never leave.")] = 4,
    recent: Annotated[int, typer.Option(help="So many of the newest never leave.")] = 8,
    decay: Annotated[float, typer.Option(help="Of a token's importance, each row.")] = 0.99,
    eviction: Annotated[
        str,
        typer.Option(help=f"Who leaves under updates and banks: {', '.join(EVICTIONS)}."),
    ] = ATTENTION,
    alpha: Annotated[
        list[float] | None,
        typer.Option(help="Rate of updates; may be repeated. Default: 0.001, 0.01."),
    ] = None,
    raw_alpha: Annotated[
        list[float] | None,
        typer.Option(help="The same with outer products as they are, not normalised."),
    ] = None,
    matrices: Annotated[
        list[str] | None,
        typer.Option(
            help="Projections updated together, of k, v and o; may be repeated. "
            "Default: k, v, kv, o."
        ),
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="Layers that take updates, such as 0,1,2. Default: all.")
    ] = None,
    top_k: Annotated[
        list[int] | None,
        typer.Option(help="Retrieve so many from a memory bank, 0 for all. Default: 8."),
    ] = None,
    facts: Annotated[int, typer.Option(help="Texts with a planted fact; 0 for none.")] = 200,
    prompts: Annotated[int, typer.Option(help="Passages written on; 0 for none.")] = 200,
    prompt: Annotated[int, typer.Option(help="Tokens of such a prompt.")] = 24,
    keep_prompt: Annotated[
        bool, typer.Option("--keep-prompt", help="The prompt of a written text never leaves.")
    ] = False,
    steps: Annotated[int, typer.Option(help="Tokens written.")] = 40,
    own: Annotated[
        bool, typer.Option(help="Repeat the documents' own condition: window 24, alpha 0.01.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Draws passages, facts, controls, resamples.")] = 42,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "float32",
    random_weights: RandomWeights = "",
    output_dir: OutputDir = None,
) -> int:
    """Let tokens leave a window and change weights, or fill a bank: is anything remembered?"""
    given = {name: value for name, value in locals().items() if name != "output_dir"}
    plan = ConsolidationPlan(
        window=window,
        rows=rows,
        protection=Protection(sinks, recent),
        decay=decay,
        eviction=eviction,
        rates=(
            *(Rate(rate) for rate in (ALPHAS if alpha is None and not raw_alpha else alpha or ())),
            *(Rate(rate, normalised=False) for rate in raw_alpha or ()),
        ),
        matrices=tuple(_matrices(names) for names in matrices or MATRICES),
        layers=None if layers is None else numbers("layers", layers),
        top_k=tuple(one or None for one in (TOP_K if top_k is None else top_k)),
        length=length,
        facts=facts,
        prompts=prompts,
        prompt=prompt,
        keep_prompt=keep_prompt,
        steps=steps,
        own=own,
        seed=seed,
    )
    held_out, told = _texts(texts, plan, count)
    folder = StudyFolder(output_dir, "consolidate")
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    engine = engine_loading.loaded_engine(model, device, dtype, "transformers", random_weights)
    tokenizer = engine.container.tokenizer()
    found = passages(held_out, tokenizer, plan.length, pieces)
    study = engine.container.consolidation_study()
    material = study.material(plan, drawn(found, count, seed))
    told |= {"passages": len(found), "sha256": material.digest}
    details = study_facts(_command(given), engine.description) | {"texts": told}
    with stop_on_interrupt() as stop:
        start = perf_counter()
        kept = folder.kept(details, engine, KINDS)
        total = len(study.work(plan, material))
        contexts = partial(_parts, plan=plan, material=material)
        chosen = ModelChoice(model, device, dtype, "transformers", random_weights)
        parts = StudyItems(contexts, KINDS, total, "parts").found(engine, chosen, kept, stop)
        report = ConsolidationReport(plan, parts.all, total)
    if report.parts:
        lines = (listed("texts", told), "", *consolidation_lines(report))
        text = study_text(details, lines, perf_counter() - start, len(parts.all), "part")
        sys.stdout.write(text)
        document = consolidation_document(report, details)
        folder.save(text, document, {"": lambda: plot_consolidation(report)})
    return parts.code(stop)


def _parts(
    container: Container, kept: Kept[Part] | None, plan: ConsolidationPlan, material: Material
) -> Iterator[Part]:
    """Do with a container's model what is not kept."""
    found: Iterator[Part] = container.consolidation_study().parts(plan, material, kept)
    return found


def _texts(
    file: str | None, plan: ConsolidationPlan, count: int
) -> tuple[tuple[str, ...], dict[str, object]]:
    """Return the texts to be read, and what is told of them: never their text, nor their place."""
    if file is None:
        made = made_texts(max(0, count), plan.length, plan.seed)
        return made, {"source": "made by the project", "texts": len(made)}
    found = held_out_texts(file)
    digest = hashlib.sha256(read_bytes(file, "the texts file")).hexdigest()
    return found, {"source": "a file", "texts": len(found), "file_sha256": digest}


def _matrices(names: str) -> tuple[Matrix, ...]:
    try:
        return tuple(Matrix(name) for name in names)
    except ValueError:
        message = f"matrices is {names!r}; it must be made of {', '.join(Matrix)}, such as kv"
        raise InvalidValueError(message) from None


def _command(given: dict[str, object]) -> str:
    """Return the command line that gives the same numbers; of a file its name alone."""
    words = ["tempo", "experiment", "consolidate"]
    for name, parameter in inspect.signature(consolidate).parameters.items():
        value = given.get(name, parameter.default)
        if value == parameter.default or value is None:
            continue
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, list):
            words += repeated(flag, value)
        else:
            words += [f"--{flag}", Path(str(value)).name if name == "texts" else str(value)]
    return shlex.join(words)
