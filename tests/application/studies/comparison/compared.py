"""A small comparison for the tests of what shows one."""

from tempo.application.studies.comparison.calibration import Forecasts, beginnings, calibration
from tempo.application.studies.comparison.figures import AskedPrompt, Cell, Setting
from tempo.application.studies.comparison.measures import measured
from tempo.application.studies.comparison.outcomes import Continuation, Cost, MethodOutcome
from tempo.application.studies.comparison.report import MeasuringPlan

ONE, TWO = Setting(1, 4), Setting(2, 4)
WORTH = {"greedy": -1.0, "beam <2>": -0.5, "uniform": -9.0}
COSTS = {"greedy": 2, "beam <2>": 4, "uniform": 3}
PROMPTS = [AskedPrompt("One & only", ("park",)), AskedPrompt("Two"), AskedPrompt("Three")]


def outcome(method, setting, number):
    texts = [("a park bench", 2.0), ("the dog ran", 2.5)][: setting.count]
    cost = COSTS[method]
    return MethodOutcome(
        tuple(
            Continuation((1, 2), text, WORTH[method] * (length + number), None, is_finished=False)
            for text, length in texts
        ),
        Cost(2, cost, 10 * cost, 1.5 * cost, 1_000_000 * cost),
    )


def report(settings=(ONE, TWO), methods=tuple(WORTH), prompts=PROMPTS):
    outcomes = {
        Cell(method, setting): [outcome(method, setting, n) for n in range(len(prompts))]
        for setting in settings
        for method in methods
    }
    held = [
        Forecasts(beginnings([(1,), (2,)], [0.7, 0.25]), ((1,), (1,), (2,), (3,))) for _ in range(3)
    ]
    found = {"lineage": calibration("a text begins with this token", held, 1)}
    return measured(outcomes, prompts, MeasuringPlan("greedy", 3), None, found)
