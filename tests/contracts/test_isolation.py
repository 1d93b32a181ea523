"""Siblings in one sequence (design section 4, laws 2 and 3)."""

import numpy as np
import pytest

from tests.contracts.passes import (
    FIRST,
    PROMPT,
    apart,
    differ,
    extend,
    fed,
    node,
    opened,
    read,
    rows,
)

SIBLINGS = (4, 1, 9, 6)


def isolated(tokens):
    return [node(token, FIRST + index) for index, token in enumerate(tokens)]


def seeing_each_other(tokens):
    slots = range(FIRST, FIRST + len(tokens))
    return [
        node(token, slot, weights=[(other, 1.0) for other in slots if other != slot])
        for token, slot in zip(tokens, slots, strict=True)
    ]


def test_the_prompts_row_is_the_models_own(adapter):
    with opened(adapter) as session:
        row = rows(adapter, session, 1)[0]
    assert differ(row, adapter.log_probabilities(PROMPT)) < 1e-4


def test_isolated_siblings_have_the_rows_of_separate_runs(adapter):
    with opened(adapter) as session:
        together = fed(adapter, session, *isolated(SIBLINGS))
    assert differ(together, apart(adapter, *((*PROMPT, token) for token in SIBLINGS))) < 1e-4


def test_isolated_siblings_agree_with_the_model_asked_without_the_port(adapter):
    with opened(adapter) as session:
        together = fed(adapter, session, *isolated(SIBLINGS))
    alone = [adapter.log_probabilities((*PROMPT, token)) for token in SIBLINGS]
    assert differ(together, np.stack(alone)) < 1e-4


def test_the_physical_order_of_siblings_does_not_matter(adapter):
    order = [2, 0, 3, 1]
    with opened(adapter) as session, opened(adapter) as shuffled:
        together = fed(adapter, session, *isolated(SIBLINGS))
        moved = fed(adapter, shuffled, *isolated([SIBLINGS[index] for index in order]))
    assert differ(moved, together[order]) < 1e-4


def test_a_sibling_too_many_changes_no_other_row(adapter):
    with opened(adapter) as session, opened(adapter) as crowded:
        few = fed(adapter, session, *isolated(SIBLINGS[:2]))
        many = fed(adapter, crowded, *isolated(SIBLINGS))
    assert differ(many[:2], few) < 1e-4


def test_siblings_that_see_each_other_have_other_rows(adapter):
    with opened(adapter) as session, opened(adapter) as open_eyed:
        alone = fed(adapter, session, *isolated(SIBLINGS))
        seeing = fed(adapter, open_eyed, *seeing_each_other(SIBLINGS))
    assert np.abs(alone - seeing).max(axis=1).min() > 0.01


def test_a_token_twice_among_the_siblings_has_the_same_row_twice(adapter):
    with opened(adapter) as session:
        twins = fed(adapter, session, *isolated((4, 1, 4)))
    assert differ(twins[0], twins[2]) < 1e-4


@pytest.mark.parametrize("width", [2, 4])
def test_the_mixture_after_the_first_set_is_the_enumerated_marginal(adapter, width):
    with opened(adapter) as session:
        first = read(adapter, session, weights=(1.0,), considered=width)
        shares = np.exp(first.log_probabilities)
        shares /= shares.sum()
        extend(adapter, session, *isolated(first.token_ids))
        mixture = read(
            adapter, session, weights=tuple(shares.tolist()), considered=adapter.vocabulary
        )
    alone = [np.exp(adapter.log_probabilities((*PROMPT, token))) for token in first.token_ids]
    marginal = shares @ np.stack(alone)
    assert np.abs(np.exp(mixture.log_probabilities) - marginal[list(mixture.token_ids)]).max() < (
        1e-5
    )
    assert len(mixture.token_ids) == adapter.vocabulary
