"""What a batch asks: its jobs, their settings, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.batches.items import BatchItem
from tempo.application.batches.plan import BatchPlan
from tempo.application.studies.prompt_lines import BrokenLine, PromptLine
from tempo.domain.errors import ContradictionError, InvalidValueError, UnknownSettingError

THRESHOLDS = st.lists(st.floats(0.0, 1.0), unique=True, max_size=3).map(tuple)


def items(count):
    return tuple(BatchItem(PromptLine(f"p{number}"), line=number + 1) for number in range(count))


@given(st.integers(0, 4), THRESHOLDS)
def test_each_prompt_is_decoded_once_under_each_threshold_in_order(count, thresholds):
    jobs = BatchPlan(thresholds=thresholds).jobs(items(count))
    assert [(job.index, job.threshold) for job in jobs] == [
        (index, threshold) for index in range(count) for threshold in thresholds or (None,)
    ]
    assert [job.item.prompt.text for job in jobs] == [f"p{job.index}" for job in jobs]
    assert len({job.file_name for job in jobs}) == len(jobs)


def test_a_prompts_settings_stand_over_those_of_all_and_the_threshold_beside_both():
    plan = BatchPlan({"max_steps": "9", "max_width": 3}, (0.25,))
    settings = plan.asked_of({"max_steps": 4}, 0.25)
    assert (settings.max_steps, settings.max_width, settings.selection_threshold) == (4, 3, 0.25)
    assert BatchPlan({"threshold": 0.5}).asked_of({}, None).selection_threshold == 0.5


@pytest.mark.parametrize(
    ("fields", "error", "sentence"),
    [
        ({"together": 0}, InvalidValueError, "batch_size is 0; it must be from 1 to 32"),
        ({"together": 33}, InvalidValueError, "batch_size is 33; it must be from 1 to 32"),
        (
            {"thresholds": (0.1, 0.2, 0.1)},
            InvalidValueError,
            "thresholds is 0.1,0.2,0.1; name each of them once",
        ),
        ({"thresholds": (1.5,)}, InvalidValueError, "selection_threshold is 1.5; it must be in"),
        (
            {"thresholds": (0.1,), "settings": {"threshold": 0.1}},
            ContradictionError,
            "thresholds and selection_threshold 0.1 exclude each other; leave one of them out",
        ),
        ({"settings": {"max_stps": 2}}, UnknownSettingError, "there is no setting 'max_stps'"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_decoded(fields, error, sentence):
    with pytest.raises(error) as refused:
        BatchPlan(**fields)
    assert str(refused.value).startswith(sentence)


def test_a_prompts_own_threshold_contradicts_a_sweep():
    with pytest.raises(ContradictionError, match="exclude each other"):
        BatchPlan(thresholds=(0.1,)).asked_of({"selection_threshold": 0.3}, 0.1)


def test_a_job_tells_what_was_asked_and_no_more():
    bare = BatchItem(PromptLine("a"), line=4)
    whole = BatchItem(PromptLine("a", ("b",)), "n", {"max_steps": 2}, 5)
    jobs = BatchPlan(thresholds=(0.5,)).jobs((bare, whole, BrokenLine(6, "why")))
    assert [job.facts for job in jobs] == [
        {"index": 0, "line": 4, "id": None, "prompt": "a"},
        {
            "index": 1,
            "line": 5,
            "id": "n",
            "prompt": "a",
            "references": ["b"],
            "settings": {"max_steps": 2},
        },
        {"index": 2, "line": 6},
    ]
    assert jobs[0].file_name == "000000-0.5.json"
