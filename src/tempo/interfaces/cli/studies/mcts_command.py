"""`tempo experiment mcts`."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, cast

import typer

from tempo.application.studies.search.brackets import bracket_texts
from tempo.application.studies.search.document import search_document
from tempo.application.studies.search.figures import KINDS
from tempo.application.studies.search.plan import SearchPlan
from tempo.application.studies.search.report import SearchStudyReport
from tempo.application.studies.search.stories import stories
from tempo.application.studies.search.study import SearchStudy
from tempo.infrastructure.container import bracket_model
from tempo.infrastructure.documents import plot_search, story_openings
from tempo.interfaces.cli.decoding import ModelChoice
from tempo.interfaces.cli.engine_options import with_engine_options
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.progress import stop_on_interrupt
from tempo.interfaces.cli.studies.folder import OutputDir, StudyFolder
from tempo.interfaces.cli.studies.handing_out import StudyItems
from tempo.interfaces.cli.studies.mcts_tables import search_lines
from tempo.interfaces.cli.studies.telling import repeated, study_facts, study_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.keeping import Kept
    from tempo.application.studies.search.figures import ItemFigures
    from tempo.application.studies.search.item import SearchItem
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.infrastructure.container import Container


class Task(StrEnum):
    """What texts must be.

    STORIES: hold three words, written by the model. BRACKETS: balance, written by scripts that
    cannot count; the model is not asked.
    """

    STORIES = "stories"
    BRACKETS = "brackets"


@with_engine_options
@with_loading_options
def mcts(
    *,
    task: Annotated[
        Task,
        typer.Option(help="Stories that hold three words, or brackets of scripts that balance."),
    ] = Task.STORIES,
    count: Annotated[int, typer.Option(help="Tasks, each with a prompt of its own.")] = 60,
    steps: Annotated[int, typer.Option(help="Tokens of a text at most.")] = 40,
    budget: Annotated[
        list[int] | None,
        typer.Option(help="Token rows a text may take; may be repeated. Default: 200, 400, 800."),
    ] = None,
    simulations: Annotated[int, typer.Option(help="Before each token of the search.")] = 10,
    depth: Annotated[int, typer.Option(help="Tokens that it looks ahead.")] = 8,
    c_puct: Annotated[float, typer.Option(help="How much priors count in it.")] = 1.0,
    threshold: Annotated[float, typer.Option(help="What its tokens reach.")] = 0.02,
    seed: Annotated[int, typer.Option(help="Draws the tasks, the texts and the resamples.")] = 42,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
    output_dir: OutputDir = None,
) -> int:
    """Hold the tree search against sampling and a beam at equal rows, where texts are verified."""
    plan = SearchPlan(
        steps=steps,
        budgets=tuple(budget or (200, 400, 800)),
        simulations=simulations,
        depth=depth,
        c_puct=c_puct,
        threshold=threshold,
        seed=seed,
    )
    folder = StudyFolder(output_dir, "mcts")
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    engine = engine_loading.loaded_engine(model, device, dtype, backend, random_weights)
    number = len(_items(task, count, seed, engine.container))
    options: dict[str, Sequence[object]] = {
        "task": [task.value], "count": [count], "steps": [steps], "budget": plan.budgets,
        "simulations": [simulations], "depth": [depth], "c-puct": [c_puct],
        "threshold": [threshold], "seed": [seed], "model": [model], "device": [device],
        "dtype": [dtype], "backend": [backend],
        "random-weights": [random_weights] if random_weights else (),
    }  # fmt: skip
    words = [word for name, values in options.items() for word in repeated(name, values)]
    facts = study_facts(shlex.join(["tempo", "experiment", "mcts", *words]), engine.description)
    with stop_on_interrupt() as stop:
        start = perf_counter()
        kept = folder.kept(facts, engine, KINDS)
        contexts = partial(_contexts, plan=plan, task=task, count=count)
        chosen = ModelChoice(model, device, dtype, backend, random_weights)
        asked = StudyItems(contexts, KINDS, number, "tasks")
        found = asked.found(engine, chosen, kept, stop)
        report = SearchStudyReport(task.value, plan, found.all, number)
    if found.all:
        text = study_text(facts, search_lines(report), perf_counter() - start, len(found.all))
        sys.stdout.write(text)
        folder.save(text, search_document(report, facts), {"": lambda: plot_search(report)})
    return found.code(stop)


def _contexts(
    container: Container,
    kept: Kept[ItemFigures] | None,
    plan: SearchPlan,
    task: Task,
    count: int,
) -> Iterator[ItemFigures]:
    """Measure with a container's model what is not kept."""
    return SearchStudy(plan).items(_items(task, count, plan.seed, container), kept)


def _items(task: Task, count: int, seed: int, container: Container) -> tuple[SearchItem, ...]:
    if task is Task.BRACKETS:
        return bracket_texts(count, seed, _scripted)
    return stories(story_openings(), count, seed, container.backend(), container.tokenizer())


def _scripted(seed: int) -> tuple[ModelBackend, Tokenizer]:
    """Return a script of brackets as any model."""
    backend, tokenizer = bracket_model(seed)
    return cast("ModelBackend", backend), tokenizer
