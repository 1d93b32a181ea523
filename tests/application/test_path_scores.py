"""Scores of paths as they are, against the script that they come from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.path_scores import PathScore, PathScores
from tempo.domain.errors import NonFiniteLogitsError, PromptError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.fakes.backends import BreaksDown
from tests.oracles import teacher_forced
from tests.strategies import seeds

PROMPT = (TokenId(1), TokenId(2))
paths = st.lists(st.integers(1, 5).map(TokenId), max_size=7)


def greedy(script, length):
    """The tokens that greedy decoding writes."""
    tokens = list(PROMPT)
    for _ in range(length):
        tokens.append(TokenId(int(np.argmax(script.next(tokens)))))
    return tokens[len(PROMPT) :]


@given(seeds, paths, st.integers(1, 8))
def test_a_path_has_its_teacher_forced_score_in_passes_of_any_size(seed, path, largest):
    script = Script.random(seed)
    found = PathScores(ScriptedBackend(script), largest).run(PROMPT, path)
    assert found.log_probability == pytest.approx(teacher_forced(script, PROMPT, path), abs=1e-6)
    assert found.is_greedy == (path == greedy(script, len(path)))


@given(seeds, st.integers(0, 7), st.integers(1, 8))
def test_greedy_decodings_path_is_greedy(seed, length, largest):
    script = Script.random(seed)
    found = PathScores(ScriptedBackend(script), largest).run(PROMPT, greedy(script, length))
    assert found.is_greedy


def test_a_path_without_tokens_is_certain():
    assert PathScores(ScriptedBackend(Script.random(1))).run(PROMPT, ()) == PathScore(
        0.0, is_greedy=True
    )


def test_what_has_no_score_is_refused():
    scores = PathScores(ScriptedBackend(Script.random(1), 4))
    with pytest.raises(PromptError):
        scores.run((), (TokenId(1),))
    with pytest.raises(NonFiniteLogitsError):
        PathScores(BreaksDown(ScriptedBackend(Script.random(1)), 1)).run(PROMPT, (1, 2))
