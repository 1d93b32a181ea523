"""A comparison under way: its outcomes, kept in memory or in a folder, and the report of them."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.application.studies.comparison.document import document_of
from tempo.application.studies.comparison.figures import AskedPrompt
from tempo.application.studies.comparison.measures import measured
from tempo.application.studies.parts import WHOLE
from tempo.application.workers.work import WorkItem
from tempo.infrastructure.container import comparison, outcome_store
from tempo.infrastructure.documents import (
    comparison_page,
    plot_comparison,
    read_outcome,
    require_page,
    save_figure,
    save_text,
)
from tempo.interfaces.cli.engine_options import chosen_engine
from tempo.interfaces.cli.studies.compare_work import answering, plain_place
from tempo.interfaces.cli.studies.handing_out import Handed, handed_out
from tempo.interfaces.cli.studies.telling import measured as followed
from tempo.interfaces.cli.studies.telling import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from threading import Event as Flag

    from tempo.application.studies.comparison.grading import Grader
    from tempo.application.studies.comparison.plan import ComparisonPlan
    from tempo.application.studies.comparison.report import ComparisonReport, MeasuringPlan
    from tempo.application.studies.comparison.study import Place
    from tempo.interfaces.cli.decoding import ModelChoice
    from tempo.interfaces.cli.studies.folder import KeptWhere
    from tempo.interfaces.cli.studies.prompts import StudyPrompts
    from tempo.interfaces.python.engine import Engine


NOUN = "texts of a method"


class CompareRun:
    """Decodes, measures and saves.

    Attributes:
        failed: how many outcomes could not be found by workers.
    """

    def __init__(
        self,
        plan: ComparisonPlan,
        engine: Engine,
        corpus: Sequence[str],
        asked: StudyPrompts,
        where: tuple[ModelChoice, KeptWhere],
    ) -> None:
        """Begin a comparison, or go on with what a folder holds.

        Raises:
            OutputError: if the folder cannot be written or holds another comparison.
            InvalidValueError: for a folder, if what makes its page is not installed.
        """
        self._model, kept = where
        self.failed = 0
        folder = kept.folder
        if folder is not None:
            require_page()
        self._plan = plan
        self._engine = engine
        self._corpus = engine.study_prompts(corpus)
        self._folder = None if folder is None else Path(folder).expanduser()
        self._chosen = asked.chosen
        self._prompts = engine.study_prompts(asked.texts)
        self._part = kept.part
        self._store = outcome_store(folder, self._deciding(engine, corpus), kept.part)
        self._study, self._posteriors = comparison(
            engine.container, plan, self._corpus, self._store
        )

    def report(
        self, measuring: MeasuringPlan, grader: Grader | None, stop: Flag
    ) -> ComparisonReport | None:
        """Decode until all is done or the user stops it; return what whole prompts say, if any.

        A part of several says nothing.
        """
        left = self._study.left(self._plan, len(self._prompts), self._part)
        outcomes = self._study.outcomes(self._plan, self._prompts, self._part)
        if chosen_engine().engine is None:
            followed(outcomes, len(left), stop, NOUN)
        else:
            self.failed = self._handed_out(left, stop)
        if self._part != WHOLE:
            return None
        done, found = self._study.complete(self._plan, len(self._prompts))
        if not done:
            return None
        calibrations = self._posteriors.run(
            self._plan, [(number, self._prompts[number]) for number in done]
        )
        asked = [
            AskedPrompt(self._chosen[number].text, self._chosen[number].references)
            for number in done
        ]
        return measured(found, asked, measuring, grader, calibrations)

    def _handed_out(self, left: Sequence[Place], stop: Flag) -> int:
        """Have outcomes found by the engine that was chosen; return how many could not be."""
        items = [
            WorkItem(f"prompt {place.prompt}, {place.cell.method}, {number}", plain_place(place))
            for number, place in enumerate(left)
        ]

        def keep(_name: str, line: Mapping[str, Any]) -> None:
            self._store.add(*read_outcome(line))

        make = partial(
            answering, plan=self._plan, corpus=self._corpus, prompts=tuple(self._prompts)
        )
        return handed_out(Handed(make, items, NOUN), self._engine, self._model, keep, stop)

    def save(self, report: ComparisonReport, facts: Mapping[str, object], text: str) -> None:
        """Write the report into the folder, if there is one.

        Raises:
            OutputError: if it cannot be written.
        """
        if self._folder is None:
            return
        document = json.dumps(document_of(report, facts), indent=1) + "\n"
        save_text(document, self._folder / "comparison.json")
        save_text(text, self._folder / "comparison.txt")
        save_text(comparison_page(report, facts), self._folder / "comparison.html")
        save_figure(plot_comparison(report), str(self._folder / "comparison.png"))

    def left(self) -> str:
        """Return what is said of a comparison that was stopped, or of a part of one."""
        places = self._study.places(self._plan, len(self._prompts))
        done = sum(place in self._store.held for place in places)
        if self._part != WHOLE:
            on = "the same command without --part goes on from here and reports"
            return f"tempo: {done} of {len(places)} are kept; {on}\n"
        on = "; the same command goes on from here" if self._folder else ""
        return f"tempo: stopped after {done} of {len(places)}{on}\n"

    def _deciding(self, engine: Engine, corpus: Sequence[str]) -> dict[str, Any]:
        """Return what decides an outcome beside the method, the number of texts and the steps.

        How many prompts are drawn is not among it: the first ones are the same, so that a
        comparison can be gone on with over more of them.
        """
        identity = engine.identity
        corpus_digest = hashlib.sha256(json.dumps(list(corpus)).encode()).hexdigest()
        in_order = [one.text for one in self._chosen] == list(corpus)
        return {
            "model": identity.fingerprint,
            "tokenizer": identity.tokenizer_fingerprint,
            "dtype": identity.dtype,
            "device": identity.device,
            "prompts": corpus_digest,
            "order": "as given" if in_order else "drawn",
            "min_steps": self._plan.min_steps,
            "seed": self._plan.seed,
            "versions": versions(),
        }
