"""Going through a grid and searching, over an engine and a shelf that are fakes."""

from hypothesis import given
from hypothesis import strategies as st

from tempo.application.batches.items import BatchItem
from tempo.application.studies.prompt_lines import PromptLine
from tempo.application.sweeps.items import grid_items, items_under
from tempo.application.sweeps.run import Grid, Search, Trial
from tempo.application.sweeps.spaces import Interval
from tempo.application.sweeps.spec import SearchSpec, SweepSpec
from tempo.application.workers.attempts import Retries
from tempo.application.workers.models import NamedModel
from tempo.application.workers.work import Failed, Finished
from tests.fakes.sweeps import ShelfInMemory, Sums, WrittenDown
from tests.fakes.work_engines import BackwardsEngine

SPEC = SweepSpec(
    models=(NamedModel(), NamedModel(random_weights="llama")),
    axes={"max_steps": (3, 5), "max_width": (2, 4)},
)
SPACES = {"max_steps": Interval(1, 9)}


def prompts(*texts):
    return tuple(BatchItem(PromptLine(text)) for text in texts)


def search_spec(direction="maximize", trials=4, at_once=2):
    return SearchSpec(
        figure="mean_log_probability",
        direction=direction,
        trials=trials,
        at_once=at_once,
        seed=1,
        spaces=SPACES,
    )


def searched(suggestions, *, work=None, shelf=None, texts=("a", "b"), **options):
    spec = search_spec(**options)
    engine, shelf = BackwardsEngine(Retries(0)), shelf or ShelfInMemory()
    search = Search(SweepSpec(search=spec), spec, prompts(*texts), suggestions)
    done = list(search.run(engine, work or Sums(), shelf))
    return search, engine, shelf, done


def test_a_grid_is_every_model_under_all_settings_with_every_prompt():
    found = [item.payload for item in grid_items(SPEC, prompts("a", "b", "c"))]
    assert len(found) == Grid(SPEC, prompts("a", "b", "c")).count == 24
    assert [one["model"] for one in found] == [0] * 12 + [1] * 12
    assert found[4] == {
        "model": 0,
        "settings": {"max_steps": 3, "max_width": 4},
        "place": 1,
        "prompt": "b",
        "name": None,
    }


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=2),
            st.integers(0, 2),
        ),
        unique_by=str,
        max_size=6,
    )
)
def test_an_id_is_of_model_settings_and_place_whatever_the_order_of_settings(asked):
    texts = prompts("x", "y", "z")
    ids = [list(items_under(model, point, texts))[place].id for model, point, place in asked]
    turned = [
        list(items_under(model, dict(reversed(point.items())), texts))[place].id
        for model, point, place in asked
    ]
    assert turned == ids
    different = {(model, frozenset(point.items()), place) for model, point, place in asked}
    assert len(set(ids)) == len(different)


@given(st.data())
def test_a_grid_gone_on_with_holds_each_result_once(data):
    """Law: whatever was kept before, in the end all is, and nothing was done twice."""
    texts = prompts("a", "b", "c")
    items = list(grid_items(SPEC, texts))
    before = data.draw(st.sets(st.sampled_from([item.id for item in items])))
    shelf = ShelfInMemory({name: {"steps": 0} for name in before})
    engine = BackwardsEngine()
    done = list(Grid(SPEC, texts).run(engine, Sums(), shelf))
    assert sorted(engine.asked) == sorted({item.id for item in items} - before)
    assert [one.id for one in done] == engine.asked
    assert set(shelf.held) == {item.id for item in items}


def test_what_is_yielded_is_kept_already():
    shelf = ShelfInMemory()
    for done in Grid(SPEC, prompts("a")).run(BackwardsEngine(), Sums(), shelf):
        assert done.id in shelf.held


def test_an_item_that_fails_is_told_and_not_kept():
    shelf, texts = ShelfInMemory(), prompts("a", "bad")
    done = list(Grid(SweepSpec(), texts).run(BackwardsEngine(), Sums("bad"), shelf))
    wrong, right = (item.id for item in reversed(list(grid_items(SweepSpec(), texts))))
    assert done == [
        Failed(wrong, "bad cannot be summed", 3),
        Finished(right, {"steps": 0, "mean_log_probability": 0.0}),
    ]
    assert set(shelf.held) == {right}
    assert set(shelf.failures) == {wrong}


def test_a_trial_is_judged_by_the_mean_over_all_prompts():
    suggestions = WrittenDown(*({"max_steps": steps} for steps in (4, 2, 7, 2)))
    search, engine, _, done = searched(suggestions)
    assert suggestions.told == [(0, -4.5), (1, -2.5), (2, -7.5), (3, -2.5)]
    assert search.best == Trial(1, {"max_steps": 2}, -2.5)
    assert len(done) == len(engine.asked) == 6  # the fourth trial is the second once more


def test_the_best_of_a_search_for_little_is_the_least():
    suggestions = WrittenDown(*({"max_steps": steps} for steps in (4, 2, 7, 7)))
    search, _, _, _ = searched(suggestions, direction="minimize")
    assert search.best == Trial(2, {"max_steps": 7}, -7.5)


def test_trials_of_a_batch_are_asked_before_any_of_them_is_judged():
    order = []

    class Listening(WrittenDown):
        def ask(self, number):
            order.append(f"ask {number}")
            return super().ask(number)

        def tell(self, number, value):
            order.append(f"tell {number}")

    searched(Listening(*({"max_steps": steps} for steps in (1, 2, 3))), trials=3)
    assert order == ["ask 0", "ask 1", "tell 0", "tell 1", "ask 2", "tell 2"]


def test_trials_that_come_to_nothing_say_why():
    suggestions = WrittenDown({"max_steps": 0}, {"max_steps": 2})
    search, _, _, _ = searched(suggestions, trials=2, work=Sums("b"))
    assert suggestions.told == [(0, None), (1, None)]
    assert search.best is None
    assert [trial.reason for trial in search.trials] == [
        "max_steps is 0; it must be 1 or more",
        "1 of its 2 items failed",
    ]


def test_a_search_gone_on_with_is_told_what_an_unbroken_one_was():
    points = [{"max_steps": steps} for steps in (4, 2, 7, 3)]
    unbroken, broken = WrittenDown(*points), WrittenDown(*points)
    _, _, whole, _ = searched(unbroken)
    before = dict(list(whole.rows.items())[:3])
    _, engine, _, _ = searched(broken, shelf=ShelfInMemory(before))
    assert broken.told == unbroken.told
    assert len(engine.asked) == len(whole.rows) - 3
