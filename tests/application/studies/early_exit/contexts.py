"""The study of early exit over scripts whose answers are known."""

from tempo.application.studies.early_exit.plan import EarlyExitPlan
from tempo.application.studies.early_exit.report import EarlyExitReport
from tempo.application.studies.early_exit.study import EarlyExitStudy
from tempo.domain.early_exit import Criterion, PassCost
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.exiting import DEPTH, ScriptedExits

COST = PassCost(depth=DEPTH, layer=100, carried=15, head=50)


def script(after_a):
    """`a` is followed by `b`, and `b` by `a` or `b`."""
    return Script.of(
        {"": {"a": 1.0}, "a": {"b": after_a, "a": 1 - after_a}, "b": {"a": 0.7, "b": 0.3}}
    )


FULL = script(0.8)
A, B = (ScriptedTokenizer(FULL).encode(text)[0] for text in "ab")


def study(after_a=0.6, full=None, sure=(A,)):
    """A row of `a` is sure after layer 1, and then says by another script."""
    backend = full or ScriptedBackend(FULL)
    exits = ScriptedExits(ScriptedBackend(FULL), ScriptedBackend(script(after_a)), frozenset(sure))
    return EarlyExitStudy(backend, ScriptedTokenizer(FULL), exits, COST)


def plan(**options):
    given = {"steps": 4, "calibration": 2, "levels": (0.95,), "criteria": (Criterion.MARGIN,)}
    return EarlyExitPlan(layers=(1, 3), set_threshold=0.25, **(given | options))


def report(asked, made, texts=4):
    found = tuple(made.findings(asked, [(A,)] * texts))
    return EarlyExitReport.of(asked, COST, found, texts)
