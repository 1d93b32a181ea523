import json

from hypothesis import given, settings

from tempo.application.studies.comparison.calibration import Forecasts, beginnings, calibration
from tempo.application.studies.comparison.document import document_of, report_of
from tempo.application.studies.comparison.measures import measured
from tempo.application.studies.comparison.report import MeasuringPlan
from tests.strategies import comparisons

HELD = {
    "path": calibration("begins with 1", [Forecasts(beginnings([(1,)], [0.5]), ((1,), (2,)))], 1)
}


@settings(max_examples=20)
@given(comparisons())
def test_a_document_gives_back_the_report_it_was_made_of(found):
    """NaN is unlike itself, so the documents of both reports are compared, as JSON holds them."""
    outcomes, prompts = found
    report = measured(outcomes, prompts, MeasuringPlan("greedy", 3, True), None, HELD)
    written = json.loads(json.dumps(document_of(report, {"command": "x"}), allow_nan=False))
    back = report_of(written)
    assert (back.plan, back.prompts, back.grader) == (report.plan, report.prompts, None)
    assert list(back.figures) == list(report.figures)
    assert document_of(back, {"command": "x"}) == written
