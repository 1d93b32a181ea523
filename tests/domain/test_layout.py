import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.layout import LogicalLayout, PositionScheme

prompt_lengths = st.integers(1, 9)
widths = st.lists(st.integers(1, 5), min_size=1, max_size=6)


def grown(prompt, steps, scheme=PositionScheme.SHARED):
    layout = LogicalLayout(prompt, scheme)
    return layout, [layout.append(width) for width in steps]


@given(prompt_lengths, widths)
def test_slots_count_on_from_the_prompt_and_never_repeat(prompt, steps):
    layout, slots = grown(prompt, steps)
    given_out = [slot for step in slots for slot in step]
    assert given_out == list(range(prompt, prompt + sum(steps)))
    assert layout.next_slot == prompt + sum(steps)
    assert layout.live_slots == sum(steps)
    assert len(layout) == len(steps)


@given(prompt_lengths, widths)
def test_all_tokens_of_a_step_share_the_position_after_the_one_before(prompt, steps):
    layout, slots = grown(prompt, steps)
    for step, members in enumerate(slots):
        assert {layout.position(slot) for slot in members} == {prompt + step}
        assert {layout.step_of(slot) for slot in members} == {step}
        assert layout.slots(step) == members


@given(prompt_lengths, widths)
def test_consecutive_positions_give_each_token_its_own(prompt, steps):
    layout, slots = grown(prompt, steps, PositionScheme.CONSECUTIVE)
    positions = [layout.position(slot) for step in slots for slot in step]
    assert positions == list(range(prompt, prompt + sum(steps)))


@given(prompt_lengths, widths, st.data())
def test_a_removed_slot_leaves_its_step_and_its_number_is_not_given_again(prompt, steps, data):
    layout, slots = grown(prompt, steps)
    everyone = [slot for step in slots for slot in step]
    gone = data.draw(st.lists(st.sampled_from(everyone), unique=True))
    layout.remove(gone)
    for step, members in enumerate(slots):
        assert layout.slots(step) == tuple(slot for slot in members if slot not in gone)
    assert layout.live_slots == len(everyone) - len(gone)
    assert layout.append(1) == (prompt + len(everyone),)
    assert layout.append(1) == (prompt + len(everyone) + 1,)


def test_a_copy_changes_by_itself():
    layout, _ = grown(3, [2, 1])
    twin = layout.copy()
    twin.append(4)
    twin.remove([3])
    assert (len(layout), layout.slots(0), layout.next_slot, layout.live_slots) == (2, (3, 4), 6, 3)
    assert (len(twin), twin.slots(0), twin.next_slot, twin.live_slots) == (3, (4,), 10, 6)
    assert twin.scheme is layout.scheme


@pytest.mark.parametrize("slot", [0, 2, 6])
def test_a_slot_of_the_prompt_or_of_the_future_has_no_step(slot):
    layout, _ = grown(3, [2, 1])
    with pytest.raises(InvalidValueError, match=f"slot {slot} belongs to no step"):
        layout.step_of(slot)


def test_a_slot_is_removed_once():
    layout, _ = grown(3, [2])
    layout.remove([3])
    with pytest.raises(InvalidValueError, match="slot 3 belongs to no step"):
        layout.remove([3])


def test_an_empty_prompt_and_an_empty_step_are_refused():
    with pytest.raises(InvalidValueError, match="the prompt has 0 tokens"):
        LogicalLayout(0)
    with pytest.raises(InvalidValueError, match="a step of 0 tokens"):
        LogicalLayout(1).append(0)
