import math

import numpy as np
import pytest

from tempo.domain.ending import Ending
from tempo.domain.frontier import Frontier, carry_forward

ROWS = np.log([[0.5, 0.3, 0.1]])
STEP = carry_forward(Frontier.of_prompt(), ROWS, ROWS)


def test_what_ended_takes_its_share_of_what_was_kept():
    ending = Ending().after(STEP, (0, 2), 0)
    (hypothesis,) = ending.finished
    assert (hypothesis.step, hypothesis.member, hypothesis.finished) == (0, 1, True)
    assert ending.mass == pytest.approx(0.3 / 0.9)
    assert math.exp(hypothesis.log_share) == pytest.approx(0.3 / 0.9)


def test_a_finished_share_is_kept_and_the_rest_goes_on():
    once = Ending().after(STEP, (0, 2), 0)
    twice = once.after(STEP, (0, 2), 1)
    assert twice.mass == pytest.approx(once.mass + (1 - once.mass) * 0.3 / 0.9)
    assert twice.finished[:1] == once.finished
    assert len(twice.finished) == 2


def test_everything_may_end():
    assert Ending().after(STEP, (), 0).mass == 1.0


def test_where_nothing_ended_only_the_kept_mass_counts():
    ending = Ending().after(STEP, (0, 1, 2), 0)
    assert (ending.finished, ending.mass) == ((), 0.0)
    assert math.exp(ending.log_kept) == pytest.approx(0.9)
    first = ending.going_on(0, (0, 1, 2), STEP.scores.tolist())[0]
    assert math.exp(first.log_share) == pytest.approx(0.5 / 0.9)
