import json
import math

import numpy as np
import pytest

from tempo.application.studies.fidelity.document import study_document
from tempo.application.studies.fidelity.figures import METRICS, Cell
from tempo.application.studies.fidelity.plan import StudyPrompt
from tempo.application.studies.fidelity.report import DIFFERENCES
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.script import Script
from tests.application.studies.fidelity.contexts import CROSSED, prompt, report

BUDGET = 110
SCRIPT = Script.random(4, tokens=6, order=3)
PROMPTS = [StudyPrompt(f"{one}", (TokenId(one), TokenId(2))) for one in range(1, 6)]


@pytest.fixture(scope="module")
def found():
    rules = ("superposition=path", "superposition=uniform")
    return report(SCRIPT, PROMPTS, *rules, depths=(2, 3), budget=BUDGET)


def test_a_cell_holds_the_means_of_the_contexts_within_the_budget(found):
    assert 0 < len(found.left_out(0.1, 3)) < 5
    for cell in found.cells:
        inside = [one.figures[cell] for one in found.contexts if cell in one.figures]
        assert len(inside) == 5 - len(found.left_out(cell.threshold, cell.depth))
        for metric in METRICS:
            values = [getattr(one, metric) for one in inside]
            assert found.estimates[cell][metric].value == pytest.approx(np.nanmean(values))


def test_differences_are_taken_within_a_context(found):
    cell, first = Cell("uniform", 0.1, 2), Cell("path", 0.1, 2)
    pairs = [(one.figures[cell], one.figures[first]) for one in found.contexts]
    expected = {
        "kl_minus_beam": [one.kl - one.beam_kl for one, _ in pairs],
        "kl_minus_single": [one.kl - one.single_kl for one, _ in pairs],
        "kl_minus_first": [one.kl - other.kl for one, other in pairs],
        "tv_minus_first": [one.tv - other.tv for one, other in pairs],
    }
    assert set(expected) == set(DIFFERENCES)
    for name, values in expected.items():
        assert found.estimates[cell][name].value == pytest.approx(np.mean(values))
    assert found.estimates[first]["kl_minus_first"].value == 0.0


def test_the_document_is_json_that_a_rerun_repeats(found):
    rules = ("superposition=path", "superposition=uniform")
    again = report(SCRIPT, PROMPTS, *rules, depths=(2, 3), budget=BUDGET)
    texts = [
        json.dumps(study_document(one, {"command": "tempo fidelity"}), allow_nan=False)
        for one in (found, again)
    ]
    assert texts[0] == texts[1]
    document = json.loads(texts[0])
    assert document["command"] == "tempo fidelity"
    assert document["settings"]["rules"]["path"]["superposition"] == "path"
    assert {key: document["settings"][key] for key in ("depths", "budget", "seed", "prompts")} == {
        "depths": [2, 3],
        "budget": BUDGET,
        "seed": 42,
        "prompts": 5,
    }
    assert len(document["estimates"]) == len(found.cells)
    overruns = [over for context in document["contexts"] for over in context["over_budget"]]
    assert overruns
    assert all(over["paths"] > BUDGET for over in overruns)
    assert len(document["contexts"][0]["figures"]) == len(found.contexts[0].figures)


def test_undefined_figures_are_null_and_infinite_ones_a_word():
    """path says x alone after ac in a script where the exact distribution has y too."""
    certain = Script.of(
        {
            "": {"P": 1.0},
            "P": {"a": 0.6, "b": 0.4},
            ("a", "c"): {"x": 1.0},
            ("b", "c"): {"y": 1.0},
            "a": {"c": 1.0},
            "b": {"c": 1.0},
        }
    )
    found = report(certain, [prompt(certain)], "superposition=path", depths=(2,))
    document = study_document(found, {})
    (estimate,) = document["estimates"]
    assert estimate["kl"] == {"value": "inf", "low": "inf", "high": "inf", "contexts": 1}
    one_path = report(CROSSED, [prompt(CROSSED)], "superposition=path", thresholds=(0.5,))
    assert math.isnan(one_path.estimates[Cell("path", 0.5, 2)]["spearman"].value)
    (figures, *_) = study_document(one_path, {})["contexts"][0]["figures"]
    assert figures["spearman"] is None
