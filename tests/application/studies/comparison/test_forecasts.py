"""Posteriors held against draws, over a script."""

from tempo.application.studies.comparison.forecasts import PosteriorStudy
from tempo.application.studies.comparison.methods import methods_of
from tempo.application.studies.comparison.plan import ComparisonPlan
from tempo.application.studies.fidelity.plan import StudyPrompt
from tests.interfaces.scripted_engine import STORY, scripted_engine

PLAN = ComparisonPlan(
    methods=methods_of([], ["threshold=0.1"]), counts=(1,), steps=3, min_steps=0, draws=2
)


def held(*draws):
    container = scripted_engine(STORY).container
    study = PosteriorStudy(container.backend(), container.tokenizer(), lambda *_: draws)
    tokenizer = container.tokenizer()
    prompt = StudyPrompt("Once", tuple(tokenizer.encode("Once")))
    return study.run(PLAN, [(0, prompt)])


def test_a_method_of_whose_forecasts_no_draw_can_tell_is_left_out():
    assert held((), ()) == {}
    never = 10**6
    assert held((never, never, never), (never,)) == {}
