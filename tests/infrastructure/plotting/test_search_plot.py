from tempo.application.studies.search.figures import Cell, ItemFigures, Trial
from tempo.application.studies.search.plan import Method, SearchPlan
from tempo.application.studies.search.report import SearchStudyReport
from tempo.infrastructure.plotting.search_plot import plot_search

PLAN = SearchPlan(steps=8, budgets=(20, 40))


def item(number):
    trials = {
        Cell(method.value, budget): Trial(
            value=float((number + index) % 2), log_probability=-1.0, rows=9, texts=1
        )
        for index, method in enumerate(Method)
        for budget in PLAN.budgets
    }
    return ItemFigures(number, "", "", trials)


def test_every_method_is_drawn_at_every_budget_and_the_differences_beside():
    report = SearchStudyReport("brackets", PLAN, (item(0), item(1), item(2)), 3)
    figure = plot_search(report)
    success, ahead = figure.axes
    assert len(success.containers) == len(Method)
    assert len(ahead.containers) == len(Method) - 1
    assert [label.get_text() for label in success.get_xticklabels()] == ["20", "40"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [one.value for one in Method]
    heights = success.containers[0].lines[0].get_ydata()
    assert list(heights) == [1 / 3, 1 / 3]
