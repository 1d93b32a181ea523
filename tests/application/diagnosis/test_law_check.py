"""The laws that the doctor holds against a model, on models that keep and that break them."""

import math
from dataclasses import dataclass, replace

import pytest

from tempo.application.diagnosis.laws import LawCheck
from tempo.domain.errors import NonFiniteLogitsError
from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper
from tests.contracts.adapters import NAMES, adapter, drawn, served
from tests.fakes.backends import SiblingsSeeEachOther, Wrapped
from tests.fakes.numbered_tokenizer import NumberedTokenizer

PROMPT = (3, 5, 8, 2, 7)
LAWS = (1, 2, 3, 4, 7, 8)
REAL = [name for name in NAMES if name != "scripted"]


def broken(backend, steps=4):
    """The laws that do not hold."""
    reports = LawCheck(backend, NumberedTokenizer()).run(PROMPT, steps)
    assert tuple(report.number for report in reports) == LAWS
    return {report.number for report in reports if not report.holds}


@pytest.mark.parametrize("name", REAL)
def test_every_adapter_keeps_the_laws(name):
    assert broken(adapter(name).backend) == set()


def plain():
    return adapter("llama-sdpa").backend


def test_siblings_that_see_each_other_break_the_second_and_the_third():
    assert broken(SiblingsSeeEachOther(plain())) >= {2, 3}


def test_positions_that_are_off_by_one_break_every_law_of_fed_rows():
    class Late(PositionIdRemapper):
        def nodes(self, positions):
            return super().nodes([position + 1 for position in positions])

    assert broken(served(drawn("llama-sdpa"), remapper=Late)) >= {2, 3, 4, 8}


@dataclass
class Leaving:
    """A session whose release takes the first slot behind the prompt along."""

    inner: object
    first: int

    def __enter__(self):
        self.inner.__enter__()
        return self

    def __exit__(self, *error):
        return self.inner.__exit__(*error)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def release(self, slots):
        self.inner.attenuate([self.first], [0.0])
        self.inner.release(slots)


class ReleasesTooMuch(Wrapped):
    def open(self, prompt, rules):
        return Leaving(super().open(prompt, rules), len(prompt))

    def extend(self, batch):
        super().extend([(session.inner, nodes) for session, nodes in batch])

    def propose(self, batch):
        return super().propose([(session.inner, reading) for session, reading in batch])


def test_a_release_that_takes_a_seen_row_along_breaks_the_seventh():
    assert broken(ReleasesTooMuch(plain())) >= {7}


class MixesPrompts(Wrapped):
    """Answers two prompts of one pass the wrong way round."""

    def propose(self, batch):
        return super().propose(batch)[::-1]


def test_prompts_that_are_mixed_up_break_the_eighth():
    assert broken(MixesPrompts(plain())) == {8}


class TakesTheSecondBest(Wrapped):
    """Ranks the two best candidates of a lone row the wrong way round, once it has fed one."""

    fed = False

    def extend(self, batch):
        self.fed = True
        super().extend(batch)

    def propose(self, batch):
        found = super().propose(batch)
        if not self.fed:
            return found
        self.fed = False
        return [self._turned(one) for one in found]

    @staticmethod
    def _turned(one):
        if len(one.rows) != 1:
            return one
        second, first, *rest = one.token_ids
        order = [1, 0, *range(2, len(one.token_ids))]
        return replace(
            one,
            token_ids=(first, second, *rest),
            log_probabilities=one.log_probabilities[order],
            rows=one.rows[:, order],
            plain_rows=one.plain_rows[:, order],
        )


def test_a_token_that_is_not_the_best_breaks_the_first():
    assert 1 in broken(TakesTheSecondBest(plain()))


def test_numbers_that_are_none_are_an_error_and_no_report():
    model = drawn("llama-sdpa")
    model.lm_head.weight.data[3] = math.nan
    with pytest.raises(NonFiniteLogitsError):
        broken(served(model))
