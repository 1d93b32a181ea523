"""Thresholds from held-out readings, beside rules that are played row by row."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.early_exit.calibration import (
    calibrated,
    cheapest,
    lower_end,
    threshold_for,
    watched_of,
)
from tempo.application.studies.early_exit.figures import HeldOutText
from tempo.domain.early_exit import NEVER, Criterion, ExitRule, LayerReading, PassCost
from tempo.domain.tokens import TokenId
from tests.strategies import held_out_texts

LAYERS = (1, 3, 4)
COST = PassCost(depth=5, layer=100, carried=15, head=90)

criteria = st.sampled_from(Criterion)
levels = st.sampled_from([0.5, 0.75, 0.9, 1.0])


def played(rule: ExitRule, text: HeldOutText):
    """Return of each row what it says in the end, and the weights that it reads."""
    for row, final in zip(text.readings, text.final, strict=True):
        readouts, said, left = 0, final, COST.depth
        for reading in row:
            threshold = rule.threshold_after(reading.layer)
            if threshold is None:
                continue
            counts = threshold < NEVER or rule.criterion is Criterion.AGREEMENT
            readouts += rule.criterion.reads_head and counts
            if rule.criterion.confidence(reading) >= threshold:
                said, left = reading.token, reading.layer
                break
        if left == COST.depth or not rule.criterion.reads_head:
            readouts += 1
        yield said == final, COST.of(left, readouts)


@given(texts=held_out_texts(LAYERS), criterion=criteria, level=levels)
def test_what_a_rule_promises_is_what_its_rows_do(texts, criterion, level):
    for found in (
        calibrated(watched_of(LAYERS, texts), criterion, level, COST),
        cheapest(watched_of(LAYERS, texts), criterion, level, COST),
    ):
        rows = [one for text in texts for one in played(found.rule, text)]
        assert found.agreement == pytest.approx(np.mean([right for right, _ in rows]))
        weights = np.mean([weight for _, weight in rows])
        assert found.speed == pytest.approx(COST.full / weights)


@given(texts=held_out_texts(LAYERS), criterion=criteria, level=levels)
def test_a_rule_reaches_its_level_at_the_lower_end_or_lets_nobody_leave(texts, criterion, level):
    found = calibrated(watched_of(LAYERS, texts), criterion, level, COST)
    assert found.lower <= found.agreement
    assert found.lower >= level or not found.exits


@given(texts=held_out_texts(LAYERS), criterion=criteria, level=levels)
def test_the_cheapest_layers_never_read_more_than_the_full_model_or_all_exit_layers(
    texts, criterion, level
):
    watched = watched_of(LAYERS, texts)
    best = cheapest(watched, criterion, level, COST)
    assert best.lower >= level
    assert best.speed >= max(1.0, calibrated(watched, criterion, level, COST).speed) - 1e-12


@given(
    rows=st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), max_size=12),
    precision=st.sampled_from([0.5, 0.6, 0.75, 1.0]),
)
def test_a_threshold_is_the_lowest_at_which_enough_are_right(rows, precision):
    sure, right = (np.array([row[at] for row in rows]) for at in range(2))
    found = threshold_for(sure.astype(float), right.astype(bool), precision)
    enough = [
        limit
        for limit in {limit for limit, _ in rows}
        if np.mean([it for value, it in rows if value >= limit]) >= precision
    ]
    assert found == min(enough, default=NEVER)


def reading(layer, token, margin, agreeing=0):
    return LayerReading(layer, TokenId(token), margin, 1.0, agreeing, 0.5)


def test_a_calibration_by_hand():
    """Three of four rows may leave; the surest of the wrong ones bars those below it."""
    rows = [
        ((reading(1, 7, 0.9), reading(3, 7, 0.9)), 7),
        ((reading(1, 2, 0.6), reading(3, 7, 0.8)), 7),
        ((reading(1, 7, 0.5), reading(3, 7, 0.7)), 7),
        ((reading(1, 2, 0.1), reading(3, 2, 0.1)), 7),
    ]
    text = HeldOutText(tuple(row for row, _ in rows), tuple(final for _, final in rows))
    watched = watched_of((1, 3), (text,))
    found = calibrated(watched, Criterion.MARGIN, 1.0, COST)
    assert [(one.layer, one.threshold) for one in found.rule.layers] == [(1, 0.9), (3, 0.7)]
    assert (found.agreement, found.lower) == (1.0, 1.0)
    # One row leaves after layer 1, two after 3 with two readouts, one goes all the way with three.
    weights = [100 + 4 * 15 + 90, *[300 + 2 * 15 + 180] * 2, 500 + 270]
    assert found.speed == pytest.approx(590 / np.mean(weights))
    assert watched.raw_agreement() == (0.5, 0.75)
    # With foresight two leave after layer 1 and one after 3, each read out once.
    foreseen = [100 + 60 + 90, 300 + 30 + 90, 100 + 60 + 90, 590]
    assert watched.foresight(COST) == pytest.approx(590 / np.mean(foreseen))


def test_agreement_is_read_at_every_layer_even_where_nobody_may_leave():
    rows = ((reading(1, 2, 0.9), reading(3, 2, 0.9, 1)),) * 3
    watched = watched_of((1, 3), (HeldOutText(rows, (7, 7, 7)),))
    found = calibrated(watched, Criterion.AGREEMENT, 0.95, COST)
    assert (found.exits, found.speed) == (False, pytest.approx(590 / (590 + 180)))
    assert calibrated(watched, Criterion.MARGIN, 0.95, COST).speed == 1.0


def test_the_lower_end_is_over_texts_not_rows():
    right = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    texts = np.array([4, 4, 5, 5, 6, 6])
    spread = math.sqrt(1 / 3) / math.sqrt(3)
    assert lower_end(right, texts) == pytest.approx(2 / 3 - 1.645 * spread)
    assert lower_end(right, np.zeros(6, dtype=int)) == pytest.approx(2 / 3)
