"""Passes that are made in turn."""

from dataclasses import dataclass

from tempo.application.studies.early_exit.calibration import Calibrated
from tempo.application.studies.early_exit.measuring import Player, forced_figures
from tempo.application.studies.early_exit.policies import Policy, Work
from tempo.application.studies.early_exit.study import _request
from tempo.application.studies.early_exit.tape import taped
from tempo.domain.early_exit import Criterion, ExitRule
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.application.studies.early_exit.contexts import FULL, A, plan
from tests.fakes.backends import Wrapped


@dataclass
class Telling(Wrapped):
    name: str
    order: list

    def extend(self, batch):
        self.order.append(self.name)
        super().extend(batch)


def test_every_backend_takes_its_turn_at_being_first():
    """What a pass leaves in a processor's caches, and what else it does, meets all alike."""
    order = []
    scripted = ScriptedBackend(FULL)
    tape = taped(scripted, ScriptedTokenizer(FULL), _request(plan(), (A,)))
    players = [
        Player(
            Policy(Work.TEXT, Criterion.MARGIN, level, Calibrated(ExitRule(()), 1.0, 1.0, 1.0)),
            Telling(scripted, name, order),
            [],
        )
        for level, name in ((0.5, "one"), (0.9, "other"))
    ]
    forced_figures(Telling(scripted, "full", order), players, tape, 4)
    assert [order[first : first + 3] for first in range(0, len(order), 3)] == [
        ["one", "other", "full"],
        ["other", "full", "one"],
        ["full", "one", "other"],
    ]
