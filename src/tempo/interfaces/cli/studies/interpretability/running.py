"""What the commands that look inside a model share: the model, the prompts, what is written."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from tempo.application.studies.curves.cells import KINDS
from tempo.application.studies.curves.document import curve_document
from tempo.application.studies.curves.report import CurveReport
from tempo.infrastructure.documents import plot_curves
from tempo.interfaces.cli.progress import stop_on_interrupt
from tempo.interfaces.cli.studies.folder import StudyFolder
from tempo.interfaces.cli.studies.handing_out import StudyItems
from tempo.interfaces.cli.studies.interpretability.curve_tables import curve_lines
from tempo.interfaces.cli.studies.telling import repeated, study_facts, study_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tempo.application.studies.curves.cells import Layout, PromptFigures
    from tempo.application.studies.keeping import Kept
    from tempo.infrastructure.container import Container
    from tempo.interfaces.cli.decoding import ModelChoice
    from tempo.interfaces.cli.studies.prompts import StudyPrompts


class Measuring(Protocol):
    """A study of prompts, ready to go."""

    @property
    def layout(self) -> Layout:
        """What it shows."""
        ...

    def contexts(
        self, texts: Sequence[str], kept: Kept[PromptFigures] | None = None
    ) -> Iterator[PromptFigures]:
        """Measure one prompt after another, but those that are kept."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asked a study for.

    Attributes:
        name: of the command.
        options: its options by name, as often as each was given.
        settings: the plan's, as JSON holds them, the seed among them.
        prompts: what it measures.
        model: the model's choice.
        output_dir: the folder to keep it in, if there is one.
    """

    name: str
    options: Mapping[str, Sequence[object]]
    settings: Mapping[str, object]
    prompts: StudyPrompts
    model: ModelChoice
    output_dir: str | None


def run_study(asked: Asked, prepare: Callable[[Container], Measuring]) -> int:
    """Measure the prompts, print tables, keep what there is to keep; return the exit code.

    `prepare` can be pickled: workers prepare the study around models of their own.
    """
    folder = StudyFolder(asked.output_dir, asked.name)
    engine = asked.model.load()
    study = prepare(engine.container)
    chosen = asked.model
    named = {"model": chosen.model, "device": chosen.device, "dtype": chosen.dtype}
    options = {**asked.options, **{name: [value] for name, value in named.items()}}
    if chosen.random_weights:
        options["random-weights"] = [chosen.random_weights]
    words = [word for name, values in options.items() for word in repeated(name, values)]
    command = shlex.join(["tempo", "experiment", asked.name, *words])
    facts = study_facts(command, engine.description) | asked.prompts.facts
    texts = asked.prompts.texts
    with stop_on_interrupt() as stop:
        start = perf_counter()
        kept = folder.kept({**facts, **asked.prompts.digest}, engine, KINDS)
        items = StudyItems(partial(_contexts, prepare=prepare, texts=texts), KINDS, len(texts))
        found = items.found(engine, chosen, kept, stop)
        seed = int(str(asked.settings["seed"]))
        report = CurveReport(study.layout, found.all, len(texts), seed)
    if report.found:
        text = study_text(facts, curve_lines(report), perf_counter() - start, len(report.found))
        sys.stdout.write(text)
        document = curve_document(report, facts, asked.settings)
        folder.save(text, document, {"": lambda: plot_curves(report)})
    return found.code(stop)


def _contexts(
    container: Container,
    kept: Kept[PromptFigures] | None,
    prepare: Callable[[Container], Measuring],
    texts: Sequence[str],
) -> Iterator[PromptFigures]:
    """Measure with a container's model what is not kept."""
    return prepare(container).contexts(texts, kept)
