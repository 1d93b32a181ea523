"""A small study over a model that says again what it sees."""

import numpy as np

from tempo.application.studies.consolidation.eviction import Protection
from tempo.application.studies.consolidation.passages import drawn, made_texts, passages
from tempo.application.studies.consolidation.plan import ConsolidationPlan, Rate
from tempo.application.studies.consolidation.report import ConsolidationReport
from tempo.application.studies.consolidation.study import ConsolidationStudy
from tempo.application.studies.consolidation.update import Matrix
from tests.fakes.consolidating_model import EchoingModel
from tests.fakes.word_tokenizer import WordTokenizer

SMALL = {
    "window": 16,
    "rows": 4,
    "protection": Protection(first=2, recent=4),
    "rates": (Rate(0.5),),
    "matrices": ((Matrix.VALUE,), (Matrix.KEY, Matrix.VALUE)),
    "length": 40,
    "facts": 24,
    "prompts": 3,
    "prompt": 8,
    "steps": 12,
}


def small_plan(**given):
    return ConsolidationPlan(**SMALL | given)


def small_study(plan, count=4, model=None):
    """Return a study, and what it reads."""
    tokenizer = WordTokenizer()
    study = ConsolidationStudy(model or EchoingModel(), tokenizer)
    found = passages(made_texts(count, plan.length, plan.seed), tokenizer, plan.length, 1)
    return study, study.material(plan, drawn(found, count, plan.seed))


def small_report(**given):
    plan = small_plan(**given)
    study, material = small_study(plan)
    total = len(study.work(plan, material))
    return ConsolidationReport(plan, tuple(study.parts(plan, material)), total)


def mean(values):
    return float(np.mean(list(values)))
