"""Gaps of positions and of rows, over a tiny model."""

import numpy as np
import pytest

from tempo.application.studies.curves.cells import Cell
from tempo.application.studies.gaps.plan import (
    BOTH,
    ONE_PASS,
    POSITION,
    SEQUENCE,
    UNMASKED,
    GapsPlan,
)
from tempo.application.studies.gaps.study import GapsStudy
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.container import container_around
from tests.contracts.adapters import CONTEXT, drawn
from tests.fakes.numbered_tokenizer import NumberedTokenizer

PROMPT = "7 3 9 20 5 11"
GAPS = (0, 1, 7, 60)
ROUNDING = 1e-8


def study_of(plan, name="llama-sdpa"):
    container = container_around(drawn(name), ())
    return GapsStudy(
        plan,
        container.plain_backend(),
        NumberedTokenizer(),
        container.activations(),
        container.unmasked(),
    )


@pytest.fixture(scope="module", params=["llama-sdpa", "llama-eager"])
def found(request):
    study = study_of(GapsPlan(gaps=GAPS, prompt=5, tokens=4), request.param)
    (one,) = study.contexts((PROMPT,))
    return one


def test_where_a_row_stands_in_the_sequence_changes_nothing(found):
    for gap in GAPS:
        assert found.figures[Cell("kl", SEQUENCE, gap)] < ROUNDING
        assert found.figures[Cell("agreement", SEQUENCE, gap)] == 1.0
        both, position = (found.figures[Cell("kl", way, gap)] for way in (BOTH, POSITION))
        assert both == pytest.approx(position, abs=1e-5)


def test_a_gap_of_positions_changes_what_is_said(found):
    assert found.figures[Cell("kl", POSITION, 0)] < ROUNDING
    assert found.figures[Cell("kl", POSITION, 60)] > 1e-5
    shares = [found.figures[Cell("attention", POSITION, gap)] for gap in GAPS]
    assert min(shares) > 0.0
    assert max(shares) < 1.0


def test_without_a_mask_every_gap_is_the_same_gap(found):
    kl = [found.figures[Cell("kl", UNMASKED, gap)] for gap in GAPS]
    assert kl[0] < ROUNDING
    assert kl[1] > 1e-5
    assert np.allclose(kl[1:], kl[1], rtol=1e-3)


def test_positions_in_one_pass_say_what_they_say_apart(found):
    assert all(found.figures[Cell("one_pass", ONE_PASS, gap)] < 1e-4 for gap in GAPS)


def test_the_prompt_is_cut(found):
    assert found.prompt == " 7 3 9 20 5"


def test_a_gap_without_room_is_refused_in_a_sentence():
    with pytest.raises(InvalidValueError) as caught:
        study_of(GapsPlan(gaps=(1, 500)))
    assert str(caught.value) == (
        f"gap is 500 and the model has {CONTEXT} positions: with prompts of 12 tokens and 8 behind "
        "the gap it must be 180 or less"
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"gaps": (3, -1)}, "gap is -1; it must be 0 or more"),
        ({"tokens": 0}, "tokens is 0; it must be 1 or more"),
        ({"prompt": 0}, "prompt tokens is 0; it must be 1 or more"),
    ],
)
def test_a_wrong_plan_is_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(InvalidValueError) as caught:
        GapsPlan(**wrong)
    assert str(caught.value) == sentence
