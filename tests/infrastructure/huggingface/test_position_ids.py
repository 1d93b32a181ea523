"""Positions as the layout decided them."""

import pytest
import torch

from tempo.domain.errors import PromptError, SessionError
from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper

REMAPPER = PositionIdRemapper(10, torch.device("cpu"))


def test_a_prompt_counts_from_zero():
    assert REMAPPER.prompt(4).tolist() == [[0, 1, 2, 3]]
    assert REMAPPER.prompt(4).dtype == torch.long


def test_nodes_have_the_positions_given_repeats_and_gaps_included():
    assert REMAPPER.nodes([7, 7, 9, 4]).tolist() == [[7, 7, 9, 4]]


def test_the_last_position_of_the_context_is_a_position():
    assert REMAPPER.prompt(9).shape == (1, 9)
    assert REMAPPER.nodes([9]).tolist() == [[9]]


def test_a_position_past_the_context_is_refused():
    with pytest.raises(SessionError) as refused:
        REMAPPER.nodes([3, 10, 4])
    assert str(refused.value) == "position 10 is past the model's context of 10"


@pytest.mark.parametrize("length", [10, 400])
def test_a_prompt_that_fills_the_context_is_refused_with_both_lengths(length):
    with pytest.raises(PromptError) as refused:
        REMAPPER.prompt(length)
    assert str(refused.value) == (
        f"the prompt has {length} tokens and the model's context 10; "
        "shorten the prompt to 9 tokens or fewer"
    )


def test_an_empty_prompt_is_refused():
    with pytest.raises(PromptError) as refused:
        REMAPPER.prompt(0)
    assert str(refused.value) == "the prompt is empty; give it at least one token"
