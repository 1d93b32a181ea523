"""Rows of the cache: taken, written in place, freed, reused, moved."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import SessionError
from tempo.infrastructure.huggingface.kv_cache import RowCache
from tempo.infrastructure.sessions.row_plan import SMALLEST_CAPACITY, RowPlan

CPU = torch.device("cpu")
HEADS, WIDTH = 2, 3


def states(*values):
    """Return [1, kv_head, tokens, head_dim] that hold one number a token."""
    return (
        torch.tensor(values, dtype=torch.float32)
        .repeat(HEADS, 1)[None, ..., None]
        .repeat(1, 1, 1, WIDTH)
    )


def write(cache, *values, layers=1):
    """Allocate rows for some tokens and write them, keys as `values` and values negated."""
    rows = cache.allocate(len(values), CPU)
    for layer in range(layers):
        found = cache.update(states(*values) + 1000 * layer, -states(*values), layer)
    return rows, found


def numbers(held):
    return held[0, 0, :, 0].tolist()


def test_fresh_rows_follow_each_other():
    plan = RowPlan()
    assert plan.allocate(3) == [0, 1, 2]
    assert plan.allocate(2) == [3, 4]
    assert (plan.extent, plan.live) == (5, 5)


def test_free_rows_are_taken_first_lowest_first():
    plan = RowPlan()
    plan.allocate(6)
    plan.free([4, 1, 3])
    assert plan.live == 3
    assert plan.allocate(2) == [1, 3]
    assert plan.allocate(3) == [4, 6, 7]
    assert (plan.extent, plan.live) == (8, 8)


@pytest.mark.parametrize("rows", [[7], [2, 2], [6]])
def test_a_row_that_is_not_in_use_cannot_be_freed(rows):
    plan = RowPlan()
    plan.allocate(6)
    with pytest.raises(SessionError, match=rf"row {rows[-1]} is not in use"):
        plan.free(rows)


def test_rows_that_follow_each_other_need_no_index():
    cache = RowCache()
    cache.allocate(4, CPU)
    assert (cache.plan.start, cache.plan.index) == (0, None)
    cache.free([1, 2])
    cache.allocate(2, CPU)
    assert (cache.plan.start, cache.plan.index) == (1, None)
    cache.free([0, 2])
    cache.allocate(3, CPU)
    assert cache.plan.start is None
    assert cache.plan.index.tolist() == [0, 2, 4]


def test_a_plan_is_sparse_when_less_than_half_of_a_cache_of_some_size_lives():
    plan = RowPlan()
    plan.allocate(100)
    plan.free(range(50))
    assert not plan.is_sparse
    plan.free([50])
    assert plan.is_sparse


def test_a_small_plan_is_never_sparse():
    plan = RowPlan()
    plan.allocate(SMALLEST_CAPACITY)
    plan.free(range(SMALLEST_CAPACITY))
    assert not plan.is_sparse


def test_compacting_moves_the_rows_in_use_to_the_front_in_their_order():
    plan = RowPlan()
    plan.allocate(6)
    plan.free([0, 3])
    assert plan.compact() == [1, 2, 4, 5]
    assert (plan.extent, plan.live) == (4, 4)
    assert plan.allocate(1) == [4]


def test_a_copied_plan_changes_by_itself():
    plan = RowPlan()
    plan.allocate(4)
    plan.free([2])
    twin = plan.copy()
    assert twin.allocate(1) == [2]
    twin.free([0])
    assert plan.live == 3
    assert plan.allocate(2) == [2, 4]


@given(
    acts=st.lists(st.one_of(st.integers(1, 5), st.sampled_from(["free", "compact"])), max_size=30),
    chance=st.randoms(use_true_random=False),
)
def test_no_row_is_ever_given_out_twice(acts, chance):
    plan, held = RowPlan(), set()
    for act in acts:
        if act == "free":
            chosen = {row for row in held if chance.random() < 0.5}
            plan.free(sorted(chosen, reverse=True))
            held -= chosen
        elif act == "compact":
            place = {row: new for new, row in enumerate(plan.compact())}
            held = {place[row] for row in held}
            assert held == set(range(plan.extent))
        else:
            fresh = plan.allocate(act)
            assert not held & set(fresh)
            assert len(set(fresh)) == act
            held |= set(fresh)
        assert plan.live == len(held)
        assert plan.extent >= max(held, default=-1) + 1


def test_a_pass_appends_its_states_and_sees_all_rows_in_use():
    cache = RowCache()
    write(cache, 1, 2, 3)
    rows, (keys, values) = write(cache, 4, 5)
    assert rows == [3, 4]
    assert keys.shape == (1, HEADS, 5, WIDTH)
    assert numbers(keys) == [1, 2, 3, 4, 5]
    assert numbers(values) == [-1, -2, -3, -4, -5]


def test_appending_below_the_capacity_takes_no_new_memory():
    cache = RowCache()
    write(cache, 1)
    before = (cache.layers[0].keys.data_ptr(), cache.layers[0].values.data_ptr())
    for value in range(SMALLEST_CAPACITY - 1):
        _, (keys, _) = write(cache, value)
    assert (cache.layers[0].keys.data_ptr(), cache.layers[0].values.data_ptr()) == before
    assert keys.data_ptr() == before[0]
    assert cache.layers[0].keys.shape[2] == SMALLEST_CAPACITY


def test_memory_doubles_when_it_is_full_and_keeps_what_it_held():
    cache = RowCache()
    first = list(range(SMALLEST_CAPACITY))
    write(cache, *first)
    _, (keys, values) = write(cache, 900)
    assert cache.layers[0].keys.shape[2] == 2 * SMALLEST_CAPACITY
    assert cache.layers[0].values.shape[2] == 2 * SMALLEST_CAPACITY
    assert numbers(keys) == [*first, 900]
    assert numbers(values) == [*(-value for value in first), -900]


def test_a_pass_larger_than_double_the_memory_gets_what_it_needs():
    cache = RowCache()
    write(cache, 1)
    _, (keys, _) = write(cache, *range(5 * SMALLEST_CAPACITY))
    assert cache.layers[0].keys.shape[2] == 5 * SMALLEST_CAPACITY + 1
    assert numbers(keys) == [1, *range(5 * SMALLEST_CAPACITY)]


def test_freed_rows_are_written_over_and_the_others_stay():
    cache = RowCache()
    write(cache, 1, 2, 3, 4, 5)
    cache.free([1, 3])
    rows, (keys, values) = write(cache, 6, 7, 8)
    assert rows == [1, 3, 5]
    assert numbers(keys) == [1, 6, 3, 7, 5, 8]
    assert numbers(values) == [-1, -6, -3, -7, -5, -8]


def test_all_layers_share_one_plan_and_each_has_its_own_states():
    cache = RowCache()
    write(cache, 1, 2, 3, layers=3)
    cache.free([0])
    _, (keys, _) = write(cache, 4, layers=3)
    assert len(cache.layers) == 3
    assert numbers(keys) == [2004, 2002, 2003]
    assert numbers(cache.layers[0].keys[:, :, :3]) == [4, 2, 3]


def test_compacting_gathers_every_layer():
    cache = RowCache()
    write(cache, 1, 2, 3, 4, 5, layers=2)
    cache.free([0, 3])
    assert cache.compact() == [1, 2, 4]
    assert numbers(cache.layers[0].keys[:, :, :3]) == [2, 3, 5]
    assert numbers(cache.layers[1].keys[:, :, :3]) == [1002, 1003, 1005]
    _, (keys, values) = write(cache, 6, layers=1)
    assert numbers(keys) == [2, 3, 5, 6]
    assert numbers(values) == [-2, -3, -5, -6]


def keys_of(cache, rows, first=0):
    found = cache.keys_at(torch.tensor(rows), first)
    assert found.shape == (len(cache.layers) - first, HEADS, len(rows), WIDTH)
    return [numbers(layer[None]) for layer in found]


def test_keys_are_told_by_row_after_every_kind_of_change():
    cache = RowCache()
    write(cache, 1, 2, 3, layers=2)
    assert keys_of(cache, [2, 0]) == [[3, 1], [1003, 1001]]
    assert keys_of(cache, [1], first=1) == [[1002]]
    write(cache, 4, layers=2)
    assert keys_of(cache, [3, 0]) == [[4, 1], [1004, 1001]]
    cache.free([0, 2])
    cache.compact()
    assert keys_of(cache, [0, 1]) == [[2, 4], [1002, 1004]]
    twin = cache.copy()
    write(cache, *range(10, 10 + SMALLEST_CAPACITY), layers=2)
    assert keys_of(cache, [0, 2]) == [[2, 10], [1002, 1010]]
    write(twin, 7, layers=2)
    assert keys_of(twin, [1, 2]) == [[4, 7], [1004, 1007]]


def test_asking_for_keys_moves_memory_once():
    cache = RowCache()
    write(cache, 1, 2, 3, layers=2)
    keys_of(cache, [0])
    before = [layer.keys.data_ptr() for layer in cache.layers]
    write(cache, 4, layers=2)
    keys_of(cache, [0])
    assert [layer.keys.data_ptr() for layer in cache.layers] == before


def test_a_copy_has_memory_of_its_own():
    cache = RowCache()
    write(cache, 1, 2, 3, layers=2)
    cache.free([1])
    twin = cache.copy()
    write(cache, 7, layers=2)
    _, (keys, _) = write(twin, 8, 9, layers=2)
    assert numbers(keys) == [1001, 1008, 1003, 1009]
    assert numbers(cache.layers[0].keys[:, :, :3]) == [1, 7, 3]
    assert twin.layers[0].keys.data_ptr() != cache.layers[0].keys.data_ptr()


def test_the_cache_takes_the_dtype_of_the_states():
    cache = RowCache()
    cache.allocate(1, CPU)
    keys, values = cache.update(states(1).bfloat16(), states(1).bfloat16(), 0)
    assert keys.dtype == values.dtype == torch.bfloat16


def test_transformers_hears_how_long_the_cache_is():
    cache = RowCache()
    write(cache, 1, 2, 3)
    assert cache.get_seq_length() == 3
    assert cache.layers[0].get_mask_sizes(2) == (5, 0)
    assert cache.layers[0].get_max_length() == -1
