"""What is asked of a device, and what its answers mean; the kernels between run elsewhere."""

import math

import numpy as np
import pytest
import torch

from tempo.domain.proposal import Reading
from tempo.infrastructure.fused_llama.device_reading import (
    Question,
    ReadingForm,
    proposals,
    sizes,
)

FIRST = Reading(
    (0.75, 0.25), considered=3, log_threshold=-2.0, barred=(5, 6), pairs=((1, 8), (0, 6))
)
SECOND = Reading((1.0,), considered=16, log_threshold=-math.inf, pairs=((0, 9),))
READINGS = [(0, FIRST), (2, SECOND)]


def form_of(readings):
    return ReadingForm.of(3, [reading for _, reading in readings])


def question_of(form):
    """Return a question in memory of the host alone."""
    first, second, third = sizes(form)
    memory = torch.full((first + second + third,), 7, dtype=torch.uint8)
    view = memory.numpy()
    barred = view[first : first + second].view(np.int64).reshape(form.sessions, form.barred)
    wanted = view[first + second :].view(np.float32).reshape(form.sessions, -1)
    return Question(memory, view[:first].view(np.int64), barred, wanted)


def test_a_question_holds_each_session_and_nothing_of_those_that_are_not_there():
    form = ReadingForm(sessions=4, width=2, rows=8, best=16, barred=8)
    question = question_of(form)
    question.write(1234, READINGS)
    assert question.addresses.tolist() == [1234, 0, 2, 2, 1, 0, 0, 0, 0]
    assert question.barred.tolist() == [[5, 6, *[-1] * 6], [-1] * 8, [-1] * 8, [-1] * 8]
    assert question.wanted[0].tolist() == pytest.approx([-2.0, math.log(0.75), math.log(0.25)])
    assert question.wanted[1, :2].tolist() == [-math.inf, 0.0]


def test_a_question_of_nothing_has_no_sessions():
    question = question_of(ReadingForm(sessions=2, width=1, rows=1, best=16, barred=0))
    question.write(99, [])
    assert question.addresses.tolist() == [99, 0, 0, 0, 0]


def answer(form, ids, logs, rows, shifts, *, head=(1.0, 2.5, 4.0, 0.75)):
    width = form.best
    padded = [[*line, *[-math.inf] * (width - len(line))] for line in (logs, *rows)]
    padded += [[0.0] * width] * (form.width - len(rows))
    tokens = [*ids, *[-1.0] * (width - len(ids))]
    spread = [*shifts, *[0.0] * (form.width - len(shifts))]
    return [*head, *tokens, *(one for line in padded for one in line), *spread]


def test_answers_become_the_proposals_of_their_sessions():
    form = form_of(READINGS)
    answers = np.array(
        [
            answer(
                form, [8, 3, 4, 1], [-0.5, -1.0, -2.0, -3.0], [[-1, -2, -3, -4]] * 2, [0.5, 0.25]
            ),
            answer(form, [2, 7], [1e-9, -1.0], [[-0.1, -0.2]], [0.0]),
        ]
    )
    first, second = proposals(answers, np.array([-3.0, -1.0, -4.5]), form, READINGS)
    assert first.token_ids == (8, 3, 4)
    assert first.log_probabilities.tolist() == [-0.5, -1.0, -2.0]
    assert first.rows.tolist() == [[-1, -2, -3]] * 2
    assert first.plain_rows.tolist() == [[-1.5, -2.5, -3.5], [-1.25, -2.25, -3.25]]
    assert (first.entropy, first.passing, first.passing_mass) == (2.5, 4, 0.75)
    assert first.pair_scores.tolist() == [-3.0, -1.0]
    assert first.processed_scores.tolist() == [-2.75, -math.inf]
    assert second.token_ids == (2, 7)
    assert second.log_probabilities.tolist() == [0.0, -1.0]
    assert second.plain_rows is second.rows
    assert second.pair_scores.tolist() == second.processed_scores.tolist() == [-4.5]


def test_a_session_whose_rows_are_not_finite_says_so_and_the_others_answer():
    form = form_of(READINGS)
    broken = answer(form, [8], [-0.5], [[-1.0]] * 2, [0.0, 0.0], head=(0.0, 0.0, 0.0, 0.0))
    fine = answer(form, [2], [-0.5], [[-0.5]], [0.0])
    first, second = proposals(
        np.array([broken, fine]), np.array([-3.0, -1.0, -4.5]), form, READINGS
    )
    assert not first.finite
    assert second.token_ids == (2,)
    assert second.pair_scores.tolist() == [-4.5]
