"""The comparison over methods that are written down."""

from dataclasses import dataclass, field

import pytest

from tempo.application.studies.comparison.figures import Cell, Setting
from tempo.application.studies.comparison.methods import methods_of
from tempo.application.studies.comparison.outcomes import Continuation, Cost, MethodOutcome
from tempo.application.studies.comparison.plan import ComparisonPlan
from tempo.application.studies.comparison.study import ComparisonStudy, Place
from tempo.application.studies.fidelity.plan import StudyPrompt
from tempo.domain.errors import InvalidValueError, PromptError
from tempo.infrastructure.storage.comparison_outcomes import OutcomesInMemory

PROMPTS = tuple(StudyPrompt(f"p{number}", (number, 7)) for number in range(5))


@dataclass
class Written:
    """A method whose one text tells what it was asked."""

    name: str
    asked: list = field(default_factory=list)

    def decode(self, prompt, count, max_steps, seed):
        self.asked.append((prompt, count, max_steps, seed))
        text = Continuation((prompt[0], count), f"{self.name}{count}", -1.0, None, False)
        return MethodOutcome((text,), Cost(1, 2, 3, 4.0, 5))


def plan(**fields):
    given = {"methods": methods_of(["greedy", "beam:4"], [""]), "counts": (3, 1), "steps": 6}
    return ComparisonPlan(**{**given, "min_steps": 0, **fields})


def study(store=None, **fields):
    asked = plan(**fields)
    methods = [Written(method.name) for method in asked.methods]
    return asked, methods, ComparisonStudy(methods, store or OutcomesInMemory(), 100)


def test_every_method_decodes_every_prompt_and_begins_every_so_often():
    asked, _, compared = study()
    places = compared.places(asked, 5)
    cells = {
        Cell("greedy", Setting(1, 6)),
        Cell("beam 4", Setting(1, 6)),
        Cell("tempo", Setting(1, 6)),
        Cell("beam 4", Setting(3, 6)),
        Cell("tempo", Setting(3, 6)),
    }
    assert len(places) == len(set(places)) == 25
    for number in range(5):
        assert {place.cell for place in places if place.prompt == number} == cells
    assert {place.cell for place in places[::5]} == cells


def test_all_methods_share_a_prompts_seed_and_no_two_prompts_do():
    asked, methods, compared = study()
    assert len(list(compared.outcomes(asked, PROMPTS))) == 25
    seeds = [{(prompt, seed) for prompt, _, _, seed in one.asked} for one in methods]
    assert seeds[0] == seeds[1] == seeds[2]
    assert len({seed for _, seed in seeds[0]}) == 5
    other = plan(seed=1)
    assert {other.seed_of(number) for number in range(5)}.isdisjoint(seed for _, seed in seeds[0])


def test_a_comparison_goes_on_with_what_is_not_kept_and_ends_the_same():
    whole = OutcomesInMemory()
    asked, _, compared = study(whole)
    list(compared.outcomes(asked, PROMPTS))
    part = OutcomesInMemory()
    asked, _, compared = study(part)
    for _, place in zip(range(11), compared.outcomes(asked, PROMPTS), strict=False):
        assert place in part.held
    done, found = compared.complete(asked, 5)
    assert done == [0, 1]
    assert {len(outcomes) for outcomes in found.values()} == {2}
    asked, methods, compared = study(part)
    list(compared.outcomes(asked, PROMPTS))
    assert sum(len(one.asked) for one in methods) == 14
    assert part.held == whole.held
    assert compared.complete(asked, 5)[0] == [0, 1, 2, 3, 4]


def test_a_method_of_one_text_stands_under_every_number_of_texts():
    asked, methods, compared = study()
    list(compared.outcomes(asked, PROMPTS))
    _, found = compared.complete(asked, 5)
    assert list(found) == list(asked.cells)
    assert found[Cell("greedy", Setting(3, 6))] == found[Cell("greedy", Setting(1, 6))]
    assert {count for _, count, _, _ in methods[0].asked} == {1}
    assert found[Cell("beam 4", Setting(3, 6))][0].continuations[0].text == "beam 43"


def test_what_stops_between_two_prompts_says_nothing_of_the_second():
    asked, _, compared = study()
    assert compared.complete(asked, 5) == ([], {cell: [] for cell in asked.cells})


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"methods": ()}, "there is nothing to compare"),
        ({"counts": ()}, "there is nothing to compare"),
        ({"counts": (0, 2)}, "n has 0; it must be 1 text or more"),
        ({"steps": 0}, "steps is 0; it must be 1 or more"),
        ({"min_steps": 7}, "min-steps is 7; it must be from 0 to steps, 6"),
        ({"min_steps": -1}, "min-steps is -1; it must be from 0 to steps, 6"),
        ({"draws": -1}, "draws is -1; it must be 0 or more"),
    ],
)
def test_a_plan_outside_its_ranges_is_refused(fields, sentence):
    with pytest.raises(InvalidValueError) as caught:
        plan(**fields)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("prompts", "sentence"),
    [
        ((), "the comparison has no prompts"),
        ((StudyPrompt("", ()),), "the prompt '' has no tokens"),
        ((StudyPrompt("long", (1,) * 95),), "the prompt 'long' needs 101 positions with 6 steps"),
    ],
)
def test_prompts_that_cannot_be_decoded_are_refused_before_anything_is(prompts, sentence):
    asked, methods, compared = study()
    with pytest.raises(PromptError) as caught:
        compared.outcomes(asked, prompts)
    assert str(caught.value).startswith(sentence)
    assert not any(one.asked for one in methods)


def test_places_are_told_apart_by_prompt_and_cell():
    cell = Cell("greedy", Setting(1, 6))
    assert Place(0, cell) != Place(1, cell)
