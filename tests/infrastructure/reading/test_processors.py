import numpy as np
import pytest
import torch

from tempo.domain.row_rules import RowRules
from tempo.infrastructure.reading.processors import logits_processors, needs_paths


def names(rules):
    return [type(processor).__name__ for processor in logits_processors(rules)]


def test_plain_rules_have_no_processor():
    assert names(RowRules()) == []
    assert names(RowRules(top_p=1.0, min_p=0.0, temperature=1.0, repetition_penalty=1.0)) == []


def test_the_processors_come_in_the_order_of_transformers():
    rules = RowRules(temperature=0.7, top_k=5, top_p=0.9, min_p=0.1, repetition_penalty=1.3)
    assert names(rules) == [
        "RepetitionPenaltyLogitsProcessor",
        "TemperatureLogitsWarper",
        "TopKLogitsWarper",
        "TopPLogitsWarper",
        "MinPLogitsWarper",
    ]


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        (RowRules(top_k=2), [0.5, 0.3]),
        (RowRules(top_p=0.7), [0.5, 0.3]),
        (RowRules(min_p=0.35), [0.5, 0.3]),
        (RowRules(temperature=0.5), [0.5, 0.3, 0.15, 0.05]),
    ],
    ids=["top_k", "top_p", "min_p", "temperature"],
)
def test_each_rule_keeps_what_its_name_says(rules, kept):
    scores = torch.tensor([[0.5, 0.3, 0.15, 0.05]], dtype=torch.float64).log()
    processed = logits_processors(rules)(torch.empty(1, 0, dtype=torch.long), scores)
    power = 1 / rules.temperature
    found = processed.softmax(-1)[0].numpy()
    expected = np.array(kept) ** power / sum(value**power for value in kept)
    assert found[found > 0] == pytest.approx(expected)


def test_only_the_repetition_penalty_looks_at_the_text_so_far():
    assert needs_paths(RowRules(repetition_penalty=1.1))
    assert not needs_paths(RowRules(temperature=0.5, top_k=1, top_p=0.5, min_p=0.5))
