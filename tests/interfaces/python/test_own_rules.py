"""Rules of one's own as Python users give them."""

from dataclasses import dataclass

import numpy as np
import pytest

from tempo.application.records.rerun import require_repeatable
from tempo.domain.capture import Capture
from tempo.domain.errors import ContradictionError, IneffectiveSettingError, InvalidValueError
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import RetroactivePruning
from tempo.domain.pruning.verdict import Verdict
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

WIDE = {"max_steps": 8, "selection_threshold": 0}


@dataclass(frozen=True, slots=True)
class AtMost:
    most: object

    def width(self, _):
        return self.most


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same weights whatever is known, for the first so many candidates."""

    weights: tuple
    capture = Capture(context=True)
    decay = 1.0
    feeds = False
    clusters = 0

    def verdicts(self, shown, _step, _max_steps):
        held = len(shown.posterior if hasattr(shown, "posterior") else shown.probabilities)
        return tuple(Verdict("fixed", 0.0, 0.5, weight) for weight in self.weights[:held])

    def at(self, _):
        return self


@pytest.fixture(scope="module")
def engine():
    return scripted_engine(FOREVER)


def widths(result):
    return [step.width for step in result.lattice.steps]


@pytest.mark.parametrize("most", [1, 2, np.int64(2)])
def test_a_selection_rule_says_how_wide_a_step_may_be(engine, most):
    assert set(widths(engine.generate(" a", **WIDE, selection_rule=AtMost(most)))) == {most}


def test_what_a_selection_rule_cuts_is_told_as_cut(engine):
    free = engine.generate(" a", **WIDE).lattice.steps[0]
    ruled = engine.generate(" a", **WIDE, selection_rule=AtMost(2)).lattice.steps[0]
    assert ruled.cut == free.cut + free.width - 2
    assert [one.state.value for one in ruled.candidates[:4]] == ["kept"] * 2 + ["over_cap"] * 2


def test_a_search_goes_by_a_selection_rule_too(engine):
    search = {"use_mcts": True, "mcts_depth": 3, "mcts_simulations": 8, "max_steps": 3}
    found = engine.generate(" a", **search, selection_threshold=0, selection_rule=AtMost(1))
    assert len(found.search.texts) == 1


def test_a_retroactive_rule_is_given_as_it_is_or_with_how_it_is_applied(engine):
    settings = engine.generate(" a", max_steps=8, retroactive_pruning="posterior")
    for own in (PosteriorPruning(), RetroactivePruning(PosteriorPruning())):
        result = engine.generate(" a", max_steps=8, retroactive_pruning=own)
        assert result.bracketed == settings.bracketed
        assert result.lattice.decisions == settings.lattice.decisions
    sooner = RetroactivePruning(Fixed((1.0,) + (0.0,) * 7), lag=1)
    first = engine.generate(" a", max_steps=8, retroactive_pruning=sooner).lattice.decisions[0]
    assert first.decided_at == first.step + 1


def test_a_strategy_of_ones_own_drops_before_a_set_is_kept(engine):
    result = engine.generate(" a", **WIDE, pruning_strategy=Fixed((1.0,) + (0.0,) * 7))
    assert {len(step.token_set.live) for step in result.lattice.steps} == {1}
    assert {one.rule for one in result.lattice.decisions} == {"fixed"}


def test_streams_sessions_and_many_prompts_take_rules_too(engine):
    expected = engine.generate(" a", **WIDE, selection_rule=AtMost(2)).bracketed
    with engine.stream(" a", **WIDE, selection_rule=AtMost(2)) as stream:
        assert list(stream)
    many = engine.generate_many([" a", " a"], **WIDE, selection_rule=AtMost(2))
    assert [stream.result.bracketed, *(one.bracketed for one in many)] == [expected] * 3
    with engine.session(" a", **WIDE, selection_rule=AtMost(2)) as session:
        assert session.step().width == 2


@pytest.mark.parametrize(
    "own",
    [
        {"selection_rule": AtMost(2)},
        {"retroactive_pruning": Fixed((1.0,) * 8)},
        {"pruning_strategy": Fixed((1.0,) * 8)},
    ],
)
def test_a_run_under_a_rule_of_ones_own_is_not_repeatable_by_its_settings(engine, own):
    with pytest.raises(InvalidValueError, match="settings"):
        require_repeatable(engine.generate(" a", **WIDE, **own).lattice)


def test_words_are_settings_as_before(engine):
    for word in ("off", False):
        assert not engine.generate(" a", max_steps=3, retroactive_pruning=word).prunes
    with pytest.raises(InvalidValueError, match="pruning_strategy"):
        engine.generate(" a", pruning_strategy="luck")


NO_NUMBER = (
    "the selection rule AtMost allows {} candidates; it must return a whole number of 1 or more"
)
NOT_ONE_EACH = (
    "the pruning rule Fixed gave 1 verdicts on 6 candidates; it must give one for each, in their "
    "order"
)


@pytest.mark.parametrize(
    ("names", "error", "said"),
    [
        (
            {"selection_rule": AtMost},
            InvalidValueError,
            "selection_rule is the class AtMost; give an object of it: AtMost()",
        ),
        (
            {"selection_rule": 3},
            InvalidValueError,
            "selection_rule is 3, which has no width; see docs/examples.md",
        ),
        (
            {"retroactive_pruning": ()},
            InvalidValueError,
            (
                "retroactive_pruning is (), which has no capture and no decay and no verdicts; "
                "see docs/examples.md"
            ),
        ),
        (
            {"selection_rule": AtMost(0)},
            InvalidValueError,
            NO_NUMBER.format(0),
        ),
        (
            {"selection_rule": AtMost(1.5)},
            InvalidValueError,
            NO_NUMBER.format(1.5),
        ),
        ({"retroactive_pruning": Fixed((1.0,))}, InvalidValueError, NOT_ONE_EACH),
        ({"pruning_strategy": Fixed((1.0,))}, InvalidValueError, NOT_ONE_EACH),
        (
            {"pruning_strategy": Fixed((0.0,) * 8)},
            InvalidValueError,
            "the pruning rule Fixed drops all 6 candidates of a set; it must let one stay",
        ),
        (
            {"selection_rule": AtMost(2), "max_width": 1},
            IneffectiveSettingError,
            (
                "selection_rule would have no effect: it needs a max_width above 1, so that a step "
                "has tokens to choose from"
            ),
        ),
        (
            {"retroactive_pruning": PosteriorPruning(), "max_steps": 3},
            IneffectiveSettingError,
            "retroactive_pruning would have no effect: its lag of 3 needs a max_steps above it",
        ),
        (
            {"retroactive_pruning": PosteriorPruning(), "use_mcts": True},
            ContradictionError,
            "use_mcts searches for one path of rows of its own; leave out retroactive_pruning",
        ),
    ],
)
def test_what_is_no_rule_is_one_sentence(engine, names, error, said):
    with pytest.raises(error) as refused:
        engine.generate(" a", **{**WIDE, **names})
    assert str(refused.value) == said
