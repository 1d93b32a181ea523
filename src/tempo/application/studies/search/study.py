"""The use-case: tasks with a verifier in, each method's best text at each number of rows out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tempo.application.decoding.generate import Generate
from tempo.application.studies.keeping import each
from tempo.application.studies.search.figures import Cell, ItemFigures, Trial
from tempo.application.studies.search.plan import SAMPLED_FROM, Method, offering
from tempo.application.studies.search.rivals import beamed, drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.keeping import Kept
    from tempo.application.studies.search.item import SearchItem
    from tempo.application.studies.search.plan import SearchPlan
    from tempo.application.studies.search.rivals import Texts
    from tempo.domain.search.report import TriedText


class SearchStudy:
    """Hold the tree search against sampling and a beam at equal rows."""

    def __init__(self, plan: SearchPlan) -> None:
        """Work by a plan; each item brings its model."""
        self._plan = plan

    def items(
        self, items: Sequence[SearchItem], kept: Kept[ItemFigures] | None = None
    ) -> Iterator[ItemFigures]:
        """Try one item after another, but those that are kept; stopping loses nothing.

        Raises:
            PromptError: for a prompt that does not fit the model.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        return each(len(items), lambda number: self._item(items[number]), kept)

    def _item(self, item: SearchItem) -> ItemFigures:
        trials = {
            Cell(method.value, budget): self._trial(method, item, budget)
            for budget in self._plan.budgets
            for method in Method
        }
        return ItemFigures(item.number, item.prompt, item.asked, trials)

    def _trial(self, method: Method, item: SearchItem, budget: int) -> Trial:
        plan = self._plan
        match method:
            case Method.MCTS:
                return self._searched(item, budget)
            case Method.SAMPLES:
                return _rival(*drawn(plan, item, offering(SAMPLED_FROM), budget))
            case Method.KEPT_SAMPLES:
                return _rival(*drawn(plan, item, plan.kept, budget))
            case Method.BEAM:
                width = budget // (plan.steps - 1)
                return _rival(*beamed(plan, item, offering(width), width))

    def _searched(self, item: SearchItem, budget: int) -> Trial:
        plan = self._plan
        request = replace(plan.request(item, plan.kept), search=plan.search(item, budget))
        generation = Generate(item.backend, item.tokenizer).start(request)
        for _ in generation.events():
            pass
        report = generation.outcome().search
        if report is None:  # the request asks for one
            return Trial(value=0.0, log_probability=0.0, rows=0, texts=0)
        complete = [one for one in report.texts if one.complete]
        return replace(
            _best(complete, report.rows),
            unshared=report.unshared_rows,
            simulations=report.simulations,
        )


def _rival(texts: Texts, found: Sequence[TriedText]) -> Trial:
    return _best(found, texts.rows.fed)


def _best(found: Sequence[TriedText], rows: int) -> Trial:
    """Return the best of complete texts; every method tries at least one."""
    best = found[0]
    return Trial(
        value=best.value,
        log_probability=best.log_probability / len(best.token_ids),
        rows=rows,
        texts=len(found),
        text=best.text,
    )
