"""What a capture keeps, and what it may be, over a tiny model."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.settings.reading import build_request, read_settings
from tempo.application.studies.capture.plan import CapturePlan
from tempo.domain.activations import Part, Watch
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.container import container_around
from tests.contracts.adapters import drawn

RULES = (
    {},
    {"superposition": "uniform"},
    {"retroactive_pruning": "attention", "attention_threshold": 0.3},
    {"retroactive_pruning": "posterior", "after_pruning": "recompute"},
    {"pruning_strategy": "coherence", "coherence_threshold": 0.9},
    {"visibility": "visible", "pruning_strategy": "diversity", "diversity_clusters": 2},
)


@pytest.fixture(scope="module")
def container():
    return container_around(drawn("llama-sdpa"), ())


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(RULES),
    st.sets(st.integers(-1, 5), min_size=1),
    st.tuples(
        st.sets(st.integers(0, 1), min_size=1), st.sets(st.sampled_from(list(Part)), min_size=1)
    ),
    st.integers(2, 4),
)
def test_the_arrays_are_never_larger_than_was_said_before(container, rule, steps, wanted, width):
    layers, parts = wanted
    plan = CapturePlan(Watch.of(layers, steps, parts))
    named = {
        "max_steps": plan.max_steps + 1,
        "max_width": width,
        "selection_threshold": 0.0,
        **rule,
    }
    request = build_request(read_settings(named), (5, 9, 2))
    captured = container.capture_run().run(request, plan)
    largest = plan.largest(container.activations().shape, request)
    assert captured.bytes <= largest
    assert captured.rows
    assert {array.shape[-2] for array in captured.arrays.values()} == {len(captured.rows)}
    if rule == {
        "superposition": "uniform"
    }:  # nothing is released, so only keys of the last set miss
        keys = len(request.prompt_ids) + width * (max(steps) + 1)
        assert len(captured.keys) == keys
        assert captured.bytes == largest


def test_a_plan_without_steps_is_refused_in_a_sentence():
    with pytest.raises(InvalidValueError) as caught:
        CapturePlan(Watch.of(None, (), "hidden"))
    assert str(caught.value) == ("the capture has no steps; name at least one, such as --steps 0-9")
